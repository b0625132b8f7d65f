package import LatchkeyTokens
import Synchronization

/// A clock that another one sets, such as that of a database which several nodes share: the time that has passed here
/// since the other one was read last. Until then the machine's own.
package final class FollowingClock: Sendable {
    /// What the other clock showed when ``Clock/uptime`` was zero.
    private let origin = Mutex<Timestamp?>(nil)

    package init() {}

    /// The other clock has just been read.
    package func follow(_ now: Timestamp) {
        let start = now - Clock.wall.uptime()
        origin.withLock { $0 = start }
    }

    package var clock: Clock {
        Clock(
            now: { self.origin.withLock { $0 }.map { $0 + Clock.wall.uptime() } ?? Clock.wall.now() },
            sleep: Clock.wall.sleep, uptime: Clock.wall.uptime)
    }
}
