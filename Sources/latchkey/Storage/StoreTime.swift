package import LatchkeyCore
import LatchkeyTokens

/// Which clock a process goes by: the machine's own with a database of its own, and the database's where several nodes
/// share one, so that they agree.
package struct StoreTime: Sendable {
    package let clock: Clock
    /// What the store sets by the database's clock.
    let following: FollowingClock?
    /// Takes the place of the database's clock. For tests.
    let databaseClock: (@Sendable () -> Timestamp)?

    /// - Parameter given: a test's clock, which everybody goes by.
    package init(_ settings: EffectiveSettings, _ given: Clock?) {
        if let given {
            (clock, following, databaseClock) = (given, nil, given.now)
            return
        }
        databaseClock = nil
        switch settings.database {
        case .sqlite: (clock, following) = (.wall, nil)
        case .postgres:
            let shared = FollowingClock()
            (clock, following) = (shared.clock, shared)
        }
    }
}
