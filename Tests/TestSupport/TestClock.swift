package import LatchkeyCore
package import LatchkeyTokens
import Synchronization

/// A clock that stands still until a test moves it.
package final class TestClock: Sendable {
    /// What it shows, and how much of that is not time that has passed.
    private let hands: Mutex<(now: Timestamp, jumped: Duration)>

    /// Starts at a whole second.
    package init(_ start: Timestamp = Timestamp(seconds: 1_795_420_800)) { hands = Mutex((start, .zero)) }

    package var now: Timestamp { hands.withLock { $0.now } }

    package func advance(by duration: Duration) { hands.withLock { $0.now = $0.now + duration } }

    package func set(_ now: Timestamp) { hands.withLock { $0.now = now } }

    /// Shows another time, ahead or back, although none has passed.
    package func jump(by duration: Duration) {
        hands.withLock { $0 = ($0.now + duration, $0.jumped + duration) }
    }

    /// The clock as the program sees it. A short sleep (waiting for the next second) moves the time and returns; a long
    /// one is background work, which tests start by hand, so it lasts until it is cancelled.
    package var clock: Clock {
        Clock(
            now: { self.now },
            sleep: { duration in
                if duration <= .seconds(3) {
                    self.advance(by: duration)
                } else {
                    try await Task.sleep(for: .seconds(3600))
                }
            },
            uptime: { self.hands.withLock { .milliseconds($0.now.milliseconds) - $0.jumped } })
    }
}
