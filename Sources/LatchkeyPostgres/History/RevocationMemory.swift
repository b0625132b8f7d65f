#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import Synchronization

    /// What this node knows of the revocation log, for the day on which a promoted standby lacks some of it.
    ///
    /// Holds what was revoked within the last hour, whether or not its entry is still live: an entry that has expired may
    /// have ended a session, and the standby would revive that. An older loss is no matter of memory any more.
    final class RevocationMemory: Sendable {
        private struct State {
            var entries: [RememberedRevocation] = []
            /// From this second on nothing is missing here.
            var since: Int64 = .max
            /// How many entries there were after the last clearing.
            var kept = 0
        }

        private let state = Mutex(State())

        private static let span: Duration = .seconds(3600)
        /// Entries beyond which the older half is forgotten.
        private static let capacity = 200_000

        /// Begins with all that the database has.
        /// - Parameter since: from this second on that is everything which was revoked.
        func begin(_ records: [RevocationRecord], since: Int64) {
            let entries = records.map { RememberedRevocation($0) }
            state.withLock { $0 = State(entries: entries, since: since, kept: entries.count) }
        }

        func add(_ records: [RevocationRecord]) {
            state.withLock { state in
                state.entries += records.map { RememberedRevocation($0) }
                guard state.entries.count > Self.capacity else { return }
                let forgotten = state.entries.prefix(Self.capacity / 2)
                let latest = forgotten.map(\.revokedAt).max()?.seconds ?? state.since
                state.since = max(state.since, latest + 1)
                state.entries.removeFirst(forgotten.count)
                state.kept = state.entries.count
            }
        }

        /// Forgets what is too old to be lost, at most when there is twice as much as the last time.
        func clear(at now: Timestamp) {
            state.withLock { state in
                guard state.entries.count > 2 * state.kept + 1000 else { return }
                let limit = now - Self.span
                state.entries.removeAll { $0.revokedAt < limit }
                state.since = max(state.since, limit.seconds)
                state.kept = state.entries.count
            }
        }

        var since: Int64 { state.withLock { $0.since } }
        var all: [RememberedRevocation] { state.withLock { $0.entries } }
    }
#endif
