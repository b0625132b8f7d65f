package import LatchkeyCore
package import LatchkeyTokens
import Synchronization

/// A clock that stands still until a test moves it.
package final class TestClock: Sendable {
    private let instant: Mutex<Timestamp>
    private let jumped = Mutex(Duration.zero)

    /// Starts at a whole second.
    package init(_ start: Timestamp = Timestamp(seconds: 1_795_420_800)) { instant = Mutex(start) }

    package var now: Timestamp { instant.withLock { $0 } }

    package func advance(by duration: Duration) { instant.withLock { $0 = $0 + duration } }

    package func set(_ now: Timestamp) { instant.withLock { $0 = now } }

    /// Shows another time, ahead or back, although none has passed.
    package func jump(by duration: Duration) {
        advance(by: duration)
        jumped.withLock { $0 += duration }
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
            uptime: { .milliseconds(self.now.milliseconds) - self.jumped.withLock { $0 } })
    }
}
