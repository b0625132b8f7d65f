package import LatchkeyTokens
import Synchronization

/// By which instant things that have expired are forgotten: the wall clock, unless it runs ahead of the time that has
/// really passed.
///
/// A clock that jumps ahead for a minute (a wrong time server, a mistyped date) makes live revocations look expired.
/// Were they forgotten then, tokens that they name would be accepted again once it is back. So after a jump forgetting
/// goes on at the old pace, which only makes lists a little longer, until an issuance or a revocation has used the new
/// time: from then on the store's floor tells when the clock comes back (``IssuanceGate``).
package final class ExpiryClock: Sendable {
    private struct State {
        var instant: Timestamp
        var uptime: Duration
        var floor: Timestamp
    }

    /// What the wall clock may gain between two readings: time servers correct it in small steps.
    private static let tolerance: Duration = .seconds(2)

    private let clock: Clock
    private let state: Mutex<State>

    /// - Parameter floor: the latest instant that the store has used so far.
    package init(_ clock: Clock, floor: Timestamp) {
        self.clock = clock
        state = Mutex(State(instant: clock.now(), uptime: clock.uptime(), floor: floor))
    }

    /// What expired until this instant may be forgotten. Never later than the wall clock.
    package func now() -> Timestamp {
        let wall = clock.now()
        let uptime = clock.uptime()
        return state.withLock { state in
            let passed = state.instant + (uptime - state.uptime)
            let isSteady = wall <= passed + Self.tolerance
            state.instant = isSteady ? wall : min(wall, max(passed, state.floor))
            state.uptime = uptime
            return state.instant
        }
    }

    /// The store has used this instant durably: an issuance or a revocation carries it.
    package func reached(_ floor: Timestamp) {
        state.withLock { $0.floor = max($0.floor, floor) }
    }
}
