import LatchkeyTokens
import Synchronization
import TestConditions
import TestSupport
import Testing

@testable import LatchkeyVerifier

/// A poller whose waits are refused while polls without `wait` are answered: as it is for everybody behind a gateway
/// whose places somebody else has taken.
struct RefusedWaitTests {
    typealias Machine = RevocationListClient.StateMachine

    /// How a wait ends that is not held.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Nil for an empty document.
        let failure: PollFailure?
        /// Whether the document is a gap.
        var isGap = false
        /// How long it takes, of the time that the poller allows.
        let elapsed: @Sendable (_ limit: Duration) -> Duration

        static let all = [
            Refusal("503", .status(503, retryAfter: nil)) { _ in .zero },
            Refusal("503 with Retry-After", .status(503, retryAfter: .seconds(5))) { _ in .zero },
            Refusal("503 with a Retry-After of a day", .status(503, retryAfter: .seconds(86400))) { _ in .zero },
            Refusal("429", .status(429, retryAfter: .seconds(1))) { _ in .zero },
            Refusal("504 of a proxy after half of the wait", .status(504, retryAfter: nil)) { $0 / 2 },
            Refusal("a reset", .transport(.unreachable("reset"))) { _ in .milliseconds(1) },
            Refusal("nothing at all, until the time is up", .transport(.timedOut)) { $0 },
            Refusal("a sign-in page", .wrongMediaType) { _ in .zero },
            Refusal("an empty answer at once", nil) { _ in .zero },
            Refusal("an empty answer after next_update", nil) { min($0, .seconds(5)) },
            Refusal("a gap at once", nil, isGap: true) { _ in .zero },
            Refusal("a gap after next_update", nil, isGap: true) { min($0, .seconds(5)) },
        ]

        init(
            _ name: String, _ failure: PollFailure?, isGap: Bool = false,
            _ elapsed: @escaping @Sendable (Duration) -> Duration
        ) {
            testDescription = name
            self.failure = failure
            self.isGap = isGap
            self.elapsed = elapsed
        }
    }

    /// What an hour of polling came to.
    private struct Hour {
        var plain = 0
        var waits = 0
        var failures = 0
        var oldest: Duration = .zero
        var wasStale = false
    }

    /// An hour on a clock of its own against a server that holds no wait and answers everything else.
    private func hour(_ refusal: Refusal, expiresIn: Int64, jitter: Double) -> Hour {
        let clock = TestClock()
        var machine = Machine(list: RevocationListState(issuer: TestIssuer.name), mode: .longPoll())
        var (hour, last, end) = (Hour(), clock.now, clock.now + .seconds(3600))
        while clock.now < end, hour.waits < 5000 {
            switch machine.next() {
            case .sleep(let pause): clock.advance(by: pause)
            case .fetch(let request):
                guard let wait = request.wait else {
                    hour.plain += 1
                    look(machine, at: clock.now, last, &hour)
                    let good = document(now: clock.now, expiresIn: expiresIn)
                    _ = machine.receive(.document(good), to: request, after: .zero, at: clock.now, jitter: jitter)
                    last = clock.now
                    continue
                }
                hour.waits += 1
                let elapsed = refusal.elapsed(wait + min(.seconds(10), request.slack ?? .seconds(10)))
                clock.advance(by: elapsed)
                look(machine, at: clock.now, last, &hour)
                let bound: Int64 = refusal.isGap ? 9 : 0
                let held = document(now: clock.now, after: bound, sequence: bound, expiresIn: expiresIn)
                let answer = refusal.failure.map { Machine.Answer.failure($0) } ?? .document(held)
                let outcome = machine.receive(answer, to: request, after: elapsed, at: clock.now, jitter: jitter)
                if case .failed = outcome { hour.failures += 1 }
                if refusal.failure == nil, !refusal.isGap { last = clock.now }
            }
        }
        return hour
    }

    private func look(_ machine: Machine, at now: Timestamp, _ last: Timestamp, _ hour: inout Hour) {
        hour.oldest = max(hour.oldest, now - last)
        if machine.list.nextQuery != nil, machine.list.freshness(at: now) != .fresh { hour.wasStale = true }
    }

    @Test(arguments: Refusal.all)
    func `the list stays fresh for as long as waits are refused, and a wait is tried again`(refusal: Refusal) {
        for expiresIn in [Int64(4), 20, 60, 300] {
            for jitter in [0, 0.5, 1] {
                let hour = hour(refusal, expiresIn: expiresIn, jitter: jitter)
                #expect(!hour.wasStale, "expires_in \(expiresIn), jitter \(jitter): \(hour.oldest) old")
                #expect((21..<2000).contains(hour.waits))
                #expect(hour.failures == 0)
                // No more than the rhythm of next_update, or of a third of expires_in, with a little for the waits.
                let rhythm = min(5, Double(expiresIn) / 3) * 0.8
                #expect(Double(hour.plain) < 3600 / rhythm * 1.2 + 20, "\(hour.plain) polls")
            }
        }
    }

    @Test func `waits that are refused again and again become rare, at most a minute apart`() {
        let hour = hour(Refusal.all[0], expiresIn: 60, jitter: 1)
        #expect((50...80).contains(hour.waits), "\(hour.waits)")
    }

    @Test func `a wait that is held again ends the polling`() throws {
        let clock = TestClock()
        var machine = Machine(list: RevocationListState(issuer: TestIssuer.name), mode: .longPoll())
        for _ in 0..<40 {
            guard case .fetch(let request) = machine.next() else { continue }
            let answer =
                request.wait == nil
                ? Machine.Answer.document(document(now: clock.now)) : .failure(.status(503, retryAfter: nil))
            _ = machine.receive(answer, to: request, after: .zero, at: clock.now, jitter: 1)
        }
        #expect(machine.isPollingInstead)
        var held = 0
        for _ in 0..<40 where held < 3 {
            guard case .fetch(let request) = machine.next() else { continue }
            if request.wait != nil { held += 1 } else { #expect(held == 0, "one held wait follows the other") }
            let answer = Machine.Answer.document(document(now: clock.now))
            _ = machine.receive(answer, to: request, after: request.wait ?? .zero, at: clock.now, jitter: 1)
        }
        #expect(held == 3)
        #expect(!machine.isPollingInstead)
    }

    @Test func `when plain polls fail, too, it backs off, turns stale and asks for no wait`() {
        let clock = TestClock()
        var machine = Machine(list: RevocationListState(issuer: TestIssuer.name), mode: .longPoll())
        var (asked, waits) = (0, 0)
        for _ in 0..<60 {
            switch machine.next() {
            case .sleep(let pause): clock.advance(by: pause)
            case .fetch(let request):
                asked += 1
                if request.wait != nil { waits += 1 }
                let answer =
                    asked == 1
                    ? Machine.Answer.document(document(now: clock.now)) : .failure(.status(503, retryAfter: nil))
                _ = machine.receive(answer, to: request, after: .zero, at: clock.now, jitter: 1)
            }
        }
        #expect(waits == 1)
        #expect(machine.list.freshness(at: clock.now) == .stale)
        #expect(machine.next() != .sleep(.milliseconds(500)))
    }

    // MARK: Over a socket

    /// What becomes of a wait.
    enum Fault: String, CaseIterable, Sendable {
        case unavailable, tooMany, reset, empty, gap

        func reply(_ good: [UInt8], at now: Timestamp) -> HostileServer.Reply {
            switch self {
            case .unavailable: .status("503 Service Unavailable", [], "Retry-After: 5\r\n")
            case .tooMany: .status("429 Too Many Requests")
            case .reset: .reset
            case .empty: .ok(good)
            case .gap: .ok(document(now: now, after: 9, sequence: 9).encode())
            }
        }
    }

    @Test(arguments: Fault.allCases)
    func `a server that refuses every wait but answers polls is believed all the time`(fault: Fault) async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let start = clock.now
        let server = try await HostileListTests.server(issuer) { call, _ in
            let good = document(now: clock.now).encode()
            return call.isWait ? fault.reply(good, at: clock.now) : .ok(good)
        }
        let stale = Mutex<[VerifierStatus]>([])
        try await withVerifier(
            server, clock: clock,
            {
                // Time passes as the poller sleeps, and only so: the keys' pauses are longer and stay asleep.
                $0.sleep = { pause in
                    guard pause <= .seconds(60) else { return try await Task.sleep(for: .seconds(86400)) }
                    clock.advance(by: pause)
                    try await Task.sleep(for: .milliseconds(1))
                }
            },
            { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                try await eventually("ten minutes of refused waits") {
                    let status = verifier.status
                    if status.freshness != .fresh { stale.withLock { $0.append(status) } }
                    let calls = server.calls
                    return calls.count > 5000
                        || clock.now > start + .seconds(600) && calls.count { $0.isWait } > 5
                }
                #expect(server.calls.count <= 5000, "it is not asked in a circle")
                #expect(stale.withLock { $0 }.isEmpty)
                #expect(throws: Never.self) { try verifier.verifyNow(try issuer.token(at: clock.now)) }
            })
    }

    @Test func `a long poll without an answer is replaced by a poll`() async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let server = try await HostileListTests.server(issuer) { call, _ in
            // Good for so short a time that a wait is given up after two seconds.
            call.isWait ? .hang : .ok(document(now: clock.now, expiresIn: 4).encode())
        }
        try await withVerifier(server, clock: clock, { $0.polling = .longPoll(wait: .seconds(1)) }) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            try await eventually("a poll after a wait, twice") {
                server.calls("/revocations").count { !$0.isWait } >= 3
            }
            #expect(server.calls.contains { $0.isWait })
            #expect(verifier.status.freshness == .fresh)
        }
    }
}

extension HostileServer.Call {
    /// Whether the server is asked to hold it.
    fileprivate var isWait: Bool {
        target.utf8.split(separator: UInt8(ascii: "&")).contains { $0.starts(with: "wait=".utf8) }
    }
}
