import LatchkeyCore
import LatchkeyTokens
import Synchronization
import Testing

struct ExpiryClockTests {
    private let clock = TwoHands()
    private let expiry: ExpiryClock

    init() {
        let clock = clock
        expiry = ExpiryClock(
            Clock(now: { clock.now }, sleep: { _ in }, uptime: { clock.uptime }), floor: nil)
    }

    /// The time that is shown, and the time that passes.
    private final class TwoHands: Sendable {
        private let hands = Mutex((now: Timestamp(seconds: 1_795_420_800), uptime: Duration.zero))

        var now: Timestamp { hands.withLock { $0.now } }
        var uptime: Duration { hands.withLock { $0.uptime } }

        func advance(by duration: Duration) { hands.withLock { $0 = ($0.now + duration, $0.uptime + duration) } }
        func jump(by duration: Duration) { hands.withLock { $0.now = $0.now + duration } }
    }

    @Test func `goes with the wall clock, also in small steps and back`() {
        for step in [3600, 1, 0, 86400 * 400] {
            clock.advance(by: .seconds(step))
            #expect(expiry.now() == clock.now)
        }
        clock.jump(by: .seconds(2))
        #expect(expiry.now() == clock.now, "a time server corrects it")
        clock.jump(by: .seconds(-7200))
        #expect(expiry.now() == clock.now)
    }

    @Test func `does not follow a jump ahead, and goes on at its own pace`() {
        let start = clock.now
        clock.jump(by: .seconds(7200))
        #expect(expiry.now() == start)
        clock.advance(by: .seconds(10))
        #expect(expiry.now() == start + .seconds(10))
        clock.jump(by: .seconds(-7200))
        #expect(expiry.now() == start + .seconds(10))
        clock.advance(by: .seconds(10))
        #expect(expiry.now() == clock.now)
    }

    @Test func `many jumps are no small steps`() {
        let start = clock.now
        for _ in 0..<100 {
            clock.jump(by: .seconds(3))
            #expect(expiry.now() == start)
        }
    }

    @Test func `follows once no token from before the last jump can be alive`() {
        clock.jump(by: .seconds(7200))
        let start = expiry.now()
        clock.advance(by: ExpiryClock.settling - .seconds(1))
        #expect(expiry.now() == start + ExpiryClock.settling - .seconds(1))
        clock.jump(by: .seconds(86400))
        #expect(expiry.now() == start + ExpiryClock.settling - .seconds(1))
        clock.advance(by: ExpiryClock.settling - .seconds(1))
        #expect(expiry.now() < clock.now - .seconds(86400), "the second jump counts anew")
        clock.advance(by: .seconds(1))
        #expect(expiry.now() == clock.now)
        clock.advance(by: .seconds(1))
        #expect(expiry.now() == clock.now)
    }

    @Test func `a start is a jump from the last time that the store knows`() {
        let clock = clock
        let floor = clock.now - .seconds(86400)
        let view = Clock(now: { clock.now }, sleep: { _ in }, uptime: { clock.uptime })
        let resumed = ExpiryClock(view, floor: floor)
        #expect(resumed.now() == floor)
        clock.advance(by: .seconds(60))
        #expect(resumed.now() == floor + .seconds(60))
        clock.advance(by: ExpiryClock.settling)
        #expect(resumed.now() == clock.now)
        #expect(ExpiryClock(view, floor: clock.now + .seconds(5)).now() == clock.now, "a clock that was set back")
    }
}
