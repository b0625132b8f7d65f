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
            Clock(now: { clock.now }, sleep: { _ in }, uptime: { clock.uptime }), floor: Timestamp(seconds: 0))
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

    @Test func `takes a new time that the store has used, and no later one`() {
        let start = clock.now
        clock.jump(by: .seconds(7200))
        #expect(expiry.now() == start)
        expiry.reached(start + .seconds(7100))
        #expect(expiry.now() == start + .seconds(7100))
        expiry.reached(start + .seconds(86400))
        #expect(expiry.now() == clock.now, "never later than the wall clock")
        clock.advance(by: .seconds(5))
        #expect(expiry.now() == clock.now)
    }
}
