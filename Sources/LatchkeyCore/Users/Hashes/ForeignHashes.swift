import LatchkeyTokens
import Synchronization

/// Imported hashes that have not been replaced yet, and their cost. While there are any, no refusal of credentials is
/// answered sooner than a wrong password on the slowest of them would be. Otherwise the response time would distinguish
/// imported accounts from unknown names.
///
/// An import measures each kind of hash, and the store keeps the cost with every row, so that a restart knows it and
/// the waiting ends with the last row. A successful sign-in is not delayed.
package final class ForeignHashes: Sendable {
    /// No response is held back longer than this. Slower hashes can be told apart.
    package static let longestWait: Duration = .seconds(1)
    /// Kinds that one import measures, and kinds that are remembered. Others count as the slowest possible.
    static let measuredKinds = (perImport: 32, remembered: 256)

    private let store: any Store
    private let verifier: PasswordVerifier
    private let clock: Clock
    private let state = Mutex(State())

    private struct State {
        /// False: there are certainly none, and a refusal does not look into the store.
        var mayExist = true
        var running = 0
        /// Grows when an import begins and when it ends: an earlier answer of the store is then out of date.
        var changes: UInt64 = 0
        var costs: [String: Duration] = [:]
    }

    package init(store: any Store, verifier: PasswordVerifier, clock: Clock) {
        self.store = store
        self.verifier = verifier
        self.clock = clock
    }

    /// Returns when a refusal after this comparison may be answered. It uses a timer; no thread waits. The comparison's
    /// Argon2id hash comes on top of the slowest imported one, as it does on such a row.
    /// - Throws: `CancellationError`, ``StoreUnavailable``.
    package func holdRefusal(after comparison: PasswordComparison) async throws {
        guard let slowest = try await slowest() else { return }
        let end = comparison.began + min(slowest + comparison.ownWork, Self.longestWait)
        let left = end - clock.uptime()
        if left > .zero { try await clock.sleep(left) }
    }

    /// How long a wrong password takes on the slowest imported row, beyond the current Argon2id hash; nil when none is
    /// left.
    package func slowest() async throws -> Duration? {
        let mark = state.withLock { $0.mayExist ? $0.changes : nil }
        guard let mark else { return nil }
        let slowest = try await store.slowestForeignHash()
        if slowest == nil {
            state.withLock { state in
                if state.running == 0, state.changes == mark { state.mayExist = false }
            }
        }
        return slowest
    }

    /// Runs `body`, which adds imported hashes to the store: refusals look there before the first one is added.
    func importing<Value>(_ body: () async throws -> Value) async throws -> Value {
        state.withLock { state in
            state.mayExist = true
            state.changes += 1
            state.running += 1
        }
        defer {
            state.withLock { state in
                state.changes += 1
                state.running -= 1
            }
        }
        return try await body()
    }

    /// The cost of each of these, measured on the hash pool if its kind is not known yet, the lightest kind first. A
    /// kind that is heavier than one that takes the longest wait gets that cost without being measured.
    /// - Throws: as ``PasswordVerifier/measure(_:limit:network:)``.
    func costs(of formats: [PasswordHashFormat]) async throws -> [Duration] {
        let known = state.withLock { $0.costs }
        var costs = known
        var measured = 0
        var slowestReached = false
        var kinds: [String: PasswordHashFormat] = [:]
        for format in formats where known[format.kind] == nil { kinds[format.kind] = format }
        for (kind, format) in kinds.sorted(by: { verifier.weight(of: $0.value) < verifier.weight(of: $1.value) }) {
            if slowestReached || measured == Self.measuredKinds.perImport {
                costs[kind] = Self.longestWait
                continue
            }
            let cost = try await verifier.measure(
                format, limit: Self.longestWait, network: UserService.hashingGroup)
            measured += 1
            slowestReached = cost >= Self.longestWait
            costs[kind] = min(cost, Self.longestWait)
            state.withLock { state in
                if state.costs.count < Self.measuredKinds.remembered { state.costs[kind] = costs[kind] }
            }
        }
        return formats.map { costs[$0.kind] ?? Self.longestWait }
    }
}
