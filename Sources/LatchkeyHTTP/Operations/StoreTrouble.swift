import LatchkeyCore
import LatchkeyTokens
import Logging
import Synchronization

/// Remembers that requests were refused because the store was unavailable. `/readyz` needs it, because its own small
/// write may succeed on a disk that accepts no others. It also keeps a flood of refusals from being a flood of log
/// lines.
final class StoreTrouble: Sendable {
    private struct State {
        var last: Timestamp?
        var lastLine: Timestamp?
        var unlogged = 0
    }

    /// How long after a refusal the server reports that it is not ready.
    static let memory: Duration = .seconds(5)

    private let clock: Clock
    private let state = Mutex(State())

    init(clock: Clock) {
        self.clock = clock
    }

    /// Whether a request was refused within the last ``memory``.
    var isRecent: Bool { state.withLock { Self.is($0.last, within: Self.memory, of: clock.now()) } }

    /// Notes a refusal. Logs it unless one was logged less than a second ago; in that case the next line has the count.
    func note(_ error: any Error, logger: Logger) {
        let now = clock.now()
        let unlogged: Int? = state.withLock { state in
            state.last = now
            guard !Self.is(state.lastLine, within: .seconds(1), of: now) else {
                state.unlogged += 1
                return nil
            }
            defer { state.unlogged = 0 }
            state.lastLine = now
            return state.unlogged
        }
        guard let unlogged else { return }
        logger.error(
            "The store is unavailable", metadata: ["lk.error": "\(error)", "lk.also_refused": "\(unlogged)"])
    }

    /// A clock that was set back ends the interval.
    private static func `is`(_ time: Timestamp?, within interval: Duration, of now: Timestamp) -> Bool {
        guard let time else { return false }
        return now >= time && now < time + interval
    }
}
