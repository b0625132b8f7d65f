package import LatchkeyTokens

/// The wall clock as a value, so that tests can move time. Everything that needs "now" gets one through its init.
package struct Clock: Sendable {
    /// The current wall-clock time. It may go backwards; code that issues or revokes reads the store's clock instead,
    /// which does not (see ``IssuanceGate``).
    package let now: @Sendable () -> Timestamp
    /// Waits. A test clock returns at once after moving itself.
    package let sleep: @Sendable (Duration) async throws -> Void
    /// The time since some moment in the past. It cannot be set.
    package let uptime: @Sendable () -> Duration

    /// - Parameter uptime: nil for one that follows `now`.
    package init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        uptime: (@Sendable () -> Duration)? = nil
    ) {
        self.now = now
        self.sleep = sleep
        self.uptime = uptime ?? { .milliseconds(now().milliseconds) }
    }

    /// The machine's clock.
    package static let wall = Clock(
        now: { Timestamp.wallClock },
        sleep: { try await Task.sleep(for: $0) },
        uptime: { start.duration(to: .now) }
    )

    private static let start = ContinuousClock.now
}
