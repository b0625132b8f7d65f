import LatchkeyTokens
import TestSupport
import Testing

@testable import LatchkeyVerifier

/// The poller's decisions, without a network.
struct StateMachineTests {
    typealias Machine = RevocationListClient.StateMachine

    private let clock = TestClock()
    private let session = SessionID.generate(at: TestClock().now)

    private func machine(_ mode: TokenVerifier.PollingMode = .longPoll()) -> Machine {
        Machine(list: RevocationListState(issuer: TestIssuer.name), mode: mode)
    }

    /// The request that the machine makes now; records an issue for a pause.
    private func request(_ machine: inout Machine) throws -> Machine.Request {
        guard case .fetch(let request) = machine.next() else { throw Unexpected() }
        return request
    }

    private struct Unexpected: Error {}

    @discardableResult
    private func receive(
        _ machine: inout Machine, _ document: RevocationDocument, after elapsed: Duration = .zero, jitter: Double = 1
    ) throws -> Machine.Outcome {
        let request = try request(&machine)
        return machine.receive(
            .document(document), to: request, after: elapsed, at: clock.now, jitter: jitter)
    }

    private func fail(_ machine: inout Machine, _ failure: PollFailure, jitter: Double = 1) throws -> Duration {
        let request = try request(&machine)
        #expect(
            machine.receive(.failure(failure), to: request, after: .zero, at: clock.now, jitter: jitter)
                == (request.wait == nil ? .failed(failure) : .waitRefused(failure)))
        guard case .sleep(let pause) = machine.next() else { throw Unexpected() }
        return pause
    }

    @Test func `the first request asks for everything at once, the next one waits for news`() throws {
        var machine = machine()
        #expect(machine.next() == .fetch(.init(query: nil, wait: nil)))
        try receive(&machine, document(now: clock.now, sequence: 7))
        let next = try request(&machine)
        #expect(next.query?.after == 7)
        #expect(next.query?.epoch == "e1")
        #expect(next.wait == .seconds(25))
    }

    @Test func `a wait leaves half of the list's lifetime for another attempt`() throws {
        var machine = machine(.longPoll(wait: .seconds(60)))
        try receive(&machine, document(now: clock.now, expiresIn: 20))
        #expect(try request(&machine).wait == .seconds(10))
    }

    @Test func `after news, and after a wait that was held, it asks again at once`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now))
        let news = entry(1, session: session, expiresAt: clock.now + .seconds(300))
        try receive(&machine, document(now: clock.now, sequence: 1, [news]))
        try receive(&machine, document(now: clock.now, after: 1, sequence: 1), after: .seconds(25))
        #expect(try request(&machine).query?.after == 1)
    }

    @Test(arguments: [(0.0, Duration.seconds(4)), (1.0, .seconds(5))])
    func `an empty answer sooner than its wait is followed by next_update, jittered`(
        jitter: Double, pause: Duration
    ) throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now))
        try receive(&machine, document(now: clock.now), after: .seconds(1), jitter: jitter)
        #expect(machine.next() == .sleep(pause))
        #expect(machine.next() == .fetch(.init(query: machine.list.nextQuery, wait: nil)))
    }

    @Test func `a server that sends the whole list each time is not asked in a circle`() throws {
        var machine = machine()
        let news = entry(1, session: session, expiresAt: clock.now + .seconds(300))
        try receive(&machine, document(now: clock.now, sequence: 1, [news]))
        try receive(&machine, document(now: clock.now, sequence: 1, [news]))
        #expect(machine.next() == .sleep(.seconds(5)))
        try receive(&machine, document(now: clock.now, sequence: 1, [news]))
        // A server that was started anew has another epoch; one that has another each time is none of ours.
        try receive(&machine, document(now: clock.now, epoch: "e2", sequence: 1, [news]))
        for epoch in ["e3", "e4"] {
            try receive(&machine, document(now: clock.now, epoch: epoch, sequence: 1, [news]))
            #expect(machine.next() == .sleep(.seconds(5)))
            try receive(&machine, document(now: clock.now, epoch: epoch + "x", sequence: 1, [news]))
        }
    }

    @Test func `a snapshot after a long gap, and a new epoch, are followed by the next request at once`()
        throws
    {
        var machine = machine()
        try receive(&machine, document(now: clock.now, sequence: 1))
        try receive(&machine, document(now: clock.now, sequence: 5000))
        #expect(try request(&machine).query?.after == 5000)
        try receive(&machine, document(now: clock.now, epoch: "e2", sequence: 5000))
        #expect(try request(&machine).query?.epoch == "e2")
    }

    @Test func `epochs that come and go are not asked for in a circle`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now))
        try receive(&machine, document(now: clock.now, epoch: "e2"))
        try receive(&machine, document(now: clock.now))
        guard case .sleep = machine.next() else { throw Unexpected() }
    }

    @Test func `an interval is kept, a little sooner at random, and below the list's lifetime`() throws {
        var two = machine(.interval(.seconds(2)))
        try receive(&two, document(now: clock.now), jitter: 0)
        #expect(two.next() == .sleep(.milliseconds(1600)))
        var hour = machine(.interval(.seconds(3600)))
        try receive(&hour, document(now: clock.now, expiresIn: 60))
        #expect(hour.next() == .sleep(.seconds(20)))
        var usual = machine(.interval())
        try receive(&usual, document(now: clock.now))
        #expect(usual.next() == .sleep(.seconds(5)))
        #expect(try request(&usual).wait == nil)
    }

    @Test func `a gap asks for everything at once, but not in a circle`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now, sequence: 3))
        let gap = document(now: clock.now, after: 9, sequence: 9)
        guard case .waitRefused(.refused(let refusal)) = try receive(&machine, gap) else { throw Unexpected() }
        #expect(refusal.reason == .gap)
        #expect(machine.next() == .fetch(.init(query: nil, wait: nil)))
        for pause in [0.5, 1, 2] {
            guard case .failed = try receive(&machine, gap) else { throw Unexpected() }
            #expect(machine.next() == .sleep(.seconds(pause)))
        }
        try receive(&machine, document(now: clock.now, sequence: 9))
        #expect(machine.list.nextQuery?.after == 9)
    }

    @Test func `a gap to a poll of what is new asks for everything at once, also after a failure`() throws {
        var machine = machine(.interval())
        try receive(&machine, document(now: clock.now, sequence: 3))
        #expect(machine.next() == .sleep(.seconds(5)))
        _ = try fail(&machine, .transport(.timedOut))
        guard case .failed = try receive(&machine, document(now: clock.now, after: 9, sequence: 9)) else {
            throw Unexpected()
        }
        #expect(machine.next() == .fetch(.init(query: nil, wait: nil)))
        try receive(&machine, document(now: clock.now, sequence: 9))
        #expect(machine.next() == .sleep(.seconds(5)))
    }

    @Test(arguments: [TokenVerifier.PollingMode.longPoll(), .interval()])
    func `a cache that ignores what is asked for is not asked in a circle`(mode: TokenVerifier.PollingMode) throws {
        var machine = machine(mode)
        let end = clock.now + .seconds(3600)
        var requests = 0
        while clock.now < end, requests < 5000 {
            switch machine.next() {
            case .sleep(let pause): clock.advance(by: pause)
            case .fetch(let request):
                requests += 1
                let gap = document(now: clock.now, after: 9, sequence: 9)
                _ = machine.receive(.document(gap), to: request, after: .zero, at: clock.now, jitter: 1)
            }
        }
        #expect(requests < 300)
    }

    @Test func `an epoch that comes through a gap and goes again is not asked for in a circle`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now))
        for _ in 0..<4 {
            while case .sleep = machine.next() {}
            let request = Machine.Request(query: machine.list.nextQuery, wait: .seconds(25))
            let gap = document(now: clock.now, epoch: "e2", after: 5, sequence: 5)
            _ = machine.receive(.document(gap), to: request, after: .zero, at: clock.now, jitter: 1)
            try receive(&machine, document(now: clock.now, epoch: "e2", sequence: 5))
            let next = Machine.Request(query: machine.list.nextQuery, wait: .seconds(25))
            _ = machine.receive(
                .document(document(now: clock.now)), to: next, after: .zero, at: clock.now, jitter: 1)
            guard case .sleep = machine.next() else { throw Unexpected() }
        }
    }

    @Test func `a new epoch, an older copy and a repetition bring no revoked session back`() throws {
        var machine = machine()
        let old = entry(5, session: session, expiresAt: clock.now + .seconds(300))
        try receive(&machine, document(now: clock.now, sequence: 5, [old]))
        try receive(&machine, document(now: clock.now, sequence: 5, [old]), after: .seconds(25))
        try receive(&machine, document(now: clock.now, epoch: "e2", sequence: 2), after: .seconds(25))
        #expect(machine.list.index.count == 1)
        #expect(machine.list.nextQuery?.after == 2)
        #expect(machine.list.nextQuery?.epoch == "e2")
    }

    @Test func `what is refused changes nothing and lets the list grow stale`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now, sequence: 5))
        let now = clock.now
        let refused: [(RevocationDocument, RefusedDocument.Reason)] = [
            (document(now: now, sequence: 4), .wentBackwards),
            (document(now: now - .seconds(121), epoch: "e0", sequence: 9), .outdated),
            (document(now: now + .seconds(121), sequence: 5), .fromTheFuture),
            (document(now: now, sequence: 6, issuer: "https://other.example.com"), .wrongIssuer),
        ]
        for (document, reason) in refused {
            switch try receive(&machine, document) {
            case .failed(.refused(let refusal)), .waitRefused(.refused(let refusal)):
                #expect(refusal.reason == reason)
            default: throw Unexpected()
            }
            guard case .sleep = machine.next() else { throw Unexpected() }
            #expect(machine.list.nextQuery?.after == 5)
            #expect(machine.list.nextQuery?.epoch == "e1")
        }
        clock.advance(by: .seconds(60))
        #expect(machine.list.freshness(at: clock.now) == .stale)
    }

    @Test func `failures are followed by ever longer pauses, up to a third of the list's lifetime`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now, expiresIn: 60))
        _ = try fail(&machine, .transport(.timedOut))
        let pauses = try (0..<8).map { _ in try fail(&machine, .transport(.timedOut)) }
        #expect(pauses == [0.5, 1, 2, 4, 8, 16, 20, 20].map { .seconds($0) })
        try receive(&machine, document(now: clock.now), after: .seconds(25))
        _ = try fail(&machine, .status(304, retryAfter: nil), jitter: 0)
        #expect(try fail(&machine, .status(304, retryAfter: nil), jitter: 0) == .milliseconds(250))
    }

    @Test func `a server that asks for patience gets it, within reason`() throws {
        var machine = machine()
        try receive(&machine, document(now: clock.now))
        _ = try fail(&machine, .status(503, retryAfter: .seconds(5)), jitter: 0)
        #expect(try fail(&machine, .status(503, retryAfter: .seconds(5)), jitter: 0) == .seconds(5))
        #expect(try fail(&machine, .status(503, retryAfter: .seconds(86400)), jitter: 1) == .seconds(36))
    }

    @Test func `expired entries leave in time`() throws {
        var machine = machine()
        let short = entry(1, session: session, expiresAt: clock.now + .seconds(40))
        try receive(&machine, document(now: clock.now, sequence: 1, [short]))
        clock.advance(by: .seconds(40 + 119))
        try receive(&machine, document(now: clock.now, after: 1, sequence: 1), after: .seconds(25))
        #expect(machine.list.index.count == 1)
        clock.advance(by: .seconds(30))
        try receive(&machine, document(now: clock.now, after: 1, sequence: 1), after: .seconds(25))
        #expect(machine.list.index.isEmpty)
    }
}
