import LatchkeyCore
import LatchkeyTokens
import Testing

struct ThrottleScheduleTests {
    private let now = Timestamp(seconds: 1_795_420_800)
    private let schedule = ThrottleSchedule(Settings.Login())

    private func counter(_ failures: Int, last: Int64 = 0, start: Int64 = 100) -> FailureCounter {
        FailureCounter(failures: failures, windowStart: now - .seconds(start), lastFailure: now - .seconds(last))
    }

    private func decide(
        pair: FailureCounter? = nil, network: FailureCounter? = nil, account: FailureCounter? = nil,
        sharedPeer: Bool = false, known: Bool = false
    ) -> ThrottleSchedule.Decision {
        schedule.decide(
            .init(pair: pair, network: network, account: account), now: now, sharedPeer: sharedPeer, knownNetwork: known
        )
    }

    @Test(arguments: [
        (0, 0), (9, 0), (10, 1), (11, 2), (12, 4), (13, 8), (14, 16), (15, 32), (16, 64), (17, 128), (18, 256),
        (19, 512),
        (20, 900), (21, 900), (1000, 900), (Int.max, 900),
    ])
    func `the delay doubles from one second to fifteen minutes once the allowance is used up`(
        failures: Int, seconds: Int
    ) {
        #expect(ThrottleSchedule.delay(failures: failures, allowed: 10) == .seconds(seconds))
    }

    @Test func `a pair that used up its allowance waits for what is left of the delay`() {
        #expect(decide(pair: counter(14, last: 6)) == .wait(.seconds(10), because: .pair))
        #expect(decide(pair: counter(14, last: 16)) == .admit(atOnce: 1))
    }

    @Test func `a delay is served in full even past the end of the window`() {
        #expect(decide(pair: counter(19, last: 400, start: 901)) == .wait(.seconds(112), because: .pair))
        #expect(decide(pair: counter(19, last: 512, start: 1000)) == .admit(atOnce: 10))
    }

    @Test func `a clock that was set back does not lengthen a delay`() {
        let failedInTheFuture = FailureCounter(
            failures: 12, windowStart: now, lastFailure: now + .seconds(86400))
        #expect(decide(pair: failedInTheFuture) == .wait(.seconds(4), because: .pair))
    }

    @Test(arguments: [(0, 10), (1, 9), (5, 5), (9, 1), (10, 1), (18, 1)])
    func `no more guesses at once than failures are left, and always one`(failures: Int, atOnce: Int) {
        // Long enough ago that no delay is left.
        #expect(decide(pair: counter(failures, last: 899, start: 899)) == .admit(atOnce: atOnce))
    }

    @Test func `failures of an earlier window do not count`() {
        #expect(decide(pair: counter(9, last: 900, start: 900)) == .admit(atOnce: 10))
        #expect(decide(pair: counter(9, last: 800, start: 899)) == .admit(atOnce: 1))
    }

    @Test func `a network is delayed by its own counter whatever the account`() {
        #expect(decide(network: counter(99)) == .admit(atOnce: 10))
        #expect(decide(network: counter(100)) == .wait(.seconds(1), because: .network))
        #expect(decide(network: counter(100), known: true) == .wait(.seconds(1), because: .network))
    }

    @Test func `a shared peer is spared the network's delay and nothing else`() {
        #expect(decide(network: counter(500), sharedPeer: true) == .admit(atOnce: 10))
        #expect(
            decide(pair: counter(13), network: counter(500), sharedPeer: true) == .wait(.seconds(8), because: .pair))
        #expect(decide(account: counter(103), sharedPeer: true) == .wait(.seconds(8), because: .account))
    }

    @Test func `a hundred failures against an account throttle strangers and never a network that it knows`() {
        #expect(decide(account: counter(99)) == .admit(atOnce: 10))
        #expect(decide(account: counter(100)) == .wait(.seconds(1), because: .account))
        #expect(decide(account: counter(100_000)) == .wait(.seconds(900), because: .account))
        #expect(decide(account: counter(100_000), known: true) == .admit(atOnce: 10))
        #expect(decide(pair: counter(10), account: counter(100_000), known: true) == .wait(.seconds(1), because: .pair))
    }

    @Test func `the longest of several delays is told`() {
        let decision = decide(pair: counter(10), network: counter(102), account: counter(105))
        #expect(decision == .wait(.seconds(32), because: .account))
    }

    @Test func `the network's history is read only when it could matter`() {
        #expect(!schedule.asksForKnownNetwork(.init(pair: counter(50), network: counter(500)), now: now))
        #expect(!schedule.asksForKnownNetwork(.init(account: counter(99)), now: now))
        #expect(!schedule.asksForKnownNetwork(.init(account: counter(100, last: 1)), now: now))
        #expect(schedule.asksForKnownNetwork(.init(account: counter(100)), now: now))
    }
}
