package import LatchkeyTokens
import Synchronization

/// The instant by which expired things are forgotten: the wall clock, unless it is ahead of the time that has really
/// passed.
///
/// A clock that jumps ahead for a while (a wrong time server, a mistyped date) makes live revocations look expired. If
/// they were forgotten then, their tokens would be accepted again once the clock is right. So after a jump, forgetting
/// continues at the pace of real time, until as much time has passed as any access token can live: whichever time is
/// right, no token from before the jump is alive by then. A start counts as a jump from the last time that the store
/// knows. The only cost is a list that is a little longer for an hour.
package final class ExpiryClock: Sendable {
    private struct State {
        var instant: Timestamp
        /// When ``instant`` was read.
        var uptime: Duration
        var jump: Jump?
    }

    /// The wall clock is ahead of the time that has passed.
    private struct Jump {
        /// How far ahead it was at the last reading.
        var distance: Duration
        let noticedAt: Duration
    }

    /// How much the wall clock may gain between two readings: time servers correct it in small steps.
    private static let tolerance: Duration = .seconds(2)
    /// The longest life of an access token, and how long a verifier with a slow clock accepts it beyond that.
    package static let settling: Duration = .seconds(LifetimeRule.maximumSeconds) + ClockSkew.maximum

    private let clock: Clock
    private let state: Mutex<State>

    /// - Parameter floor: the latest instant that the store has used; nil for a store that has used none.
    package init(_ clock: Clock, floor: Timestamp?) {
        self.clock = clock
        let wall = clock.now()
        state = Mutex(State(instant: min(floor ?? wall, wall), uptime: clock.uptime()))
    }

    /// Things that expired up to this instant may be forgotten. Never later than the wall clock.
    package func now() -> Timestamp {
        let wall = clock.now()
        let uptime = clock.uptime()
        return state.withLock { state in
            let passed = state.instant + (uptime - state.uptime)
            state.jump = Self.jump(state.jump, distance: wall - passed, at: uptime)
            state.instant = state.jump == nil ? wall : passed
            state.uptime = uptime
            return state.instant
        }
    }

    /// - Returns: nil when the wall clock can be trusted.
    private static func jump(_ known: Jump?, distance: Duration, at uptime: Duration) -> Jump? {
        guard distance > tolerance else { return nil }
        // Still further ahead: another jump.
        guard let known, distance <= known.distance + tolerance else {
            return Jump(distance: distance, noticedAt: uptime)
        }
        guard uptime - known.noticedAt < settling else { return nil }
        return Jump(distance: distance, noticedAt: known.noticedAt)
    }
}
