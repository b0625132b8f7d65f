#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import Synchronization

    /// Which server a node's connections may be made to: that whose history it knows. While the history is in question
    /// there is none, and so nothing is served that rests on the database.
    package final class Admission: Sendable {
        private struct State {
            /// Nil until the node has entered the cluster: then every server will do that is no older than ``seen``.
            var known: DatabaseState?
            /// What the node knew before its start.
            var seen: DatabaseIdentity?
            /// Why no connection may be used.
            var closed: String?
            /// Whether the last connection led to an old primary, and no other server of the address was there.
            var isOldAlone = false
            /// Why what the server acknowledges may be lost.
            var weakness: String?
            var generation = 0
            var refused = 0
        }

        private let state: Mutex<State>

        init(seen: DatabaseIdentity?) { state = Mutex(State(seen: seen)) }

        /// Grows when connections of before must not be used any more.
        var generation: Int { state.withLock { $0.generation } }
        /// Connections to an old primary that were refused since the start.
        var refused: Int { state.withLock { $0.refused } }

        /// Why no connection may be used; nil while they may.
        var refusal: String? {
            state.withLock { $0.closed ?? $0.weakness ?? ($0.isOldAlone ? HistoryFinding.older.sentence : nil) }
        }

        /// No server of the address may be used but an old primary, which may not either.
        func noteOldAlone() { state.withLock { $0.isOldAlone = true } }

        /// Only this server's connections may be used from now on.
        func open(for known: DatabaseState) {
            state.withLock { state in
                state.known = known
                state.closed = nil
                state.generation += 1
            }
        }

        /// The same, if no connection could be used.
        func reopen(for known: DatabaseState) {
            if state.withLock({ $0.closed != nil }) { open(for: known) }
        }

        /// What a look has found. A server that is behind it has lost something.
        func note(_ known: DatabaseState) { state.withLock { if $0.known != nil { $0.known = known } } }

        /// An entry of the log was published that no look has found yet.
        func note(published sequence: Int64) {
            state.withLock { state in
                guard let known = state.known, known.sequence < sequence else { return }
                state.known = DatabaseState(identity: known.identity, second: known.second, sequence: sequence)
            }
        }

        /// Whether a look has found that what the server acknowledges may be lost. No connection may be used until a look
        /// finds that it is durable again.
        func note(weakness: String?) {
            state.withLock { state in
                if weakness != nil, state.weakness == nil { state.generation += 1 }
                state.weakness = weakness
            }
        }

        /// No connection may be used until ``open(for:)``.
        func close(because sentence: String) {
            state.withLock { state in
                if state.closed == nil { state.generation += 1 }
                state.closed = sentence
            }
        }

        /// Judges a connection that was just made.
        /// - Parameter looks: it only looks at what there is, so that a newer server will do as well.
        /// - Throws: ``OldPrimary``, ``StoreUnavailable``.
        func admit(_ connection: PostgresConnection, looks: Bool) throws {
            let now = state.withLock { $0 }
            if let closed = now.closed ?? now.weakness, !looks { throw StoreUnavailable(closed) }
            guard let latest = now.known?.identity ?? now.seen else { return }
            let found = try connection.first("SELECT \(DatabaseIdentity.columns)") { try DatabaseIdentity($0, 0) }
            guard let found else { return }
            if found.system == latest.system, found.database == latest.database, found.timeline < latest.timeline {
                state.withLock { $0.refused += 1 }
                throw OldPrimary()
            }
            state.withLock { $0.isOldAlone = false }
            guard !looks, let known = now.known else { return }
            // A server that was started again may have been given an earlier state. What is written there before
            // somebody has looked would hide it.
            guard found == latest, try Self.hasReached(known, connection) else {
                throw StoreUnavailable("another server answers, and this node has to look at it first")
            }
        }

        private static func hasReached(_ known: DatabaseState, _ connection: PostgresConnection) throws -> Bool {
            try connection.first("SELECT second, last_seq FROM clock, revocation_state") {
                $0[0] as Int64 >= known.second && $0[1] as Int64 >= known.sequence
            } ?? false
        }
    }

    /// A server that was replaced by a promotion answers. Another one of the address may be the right one.
    struct OldPrimary: Error {}
#endif
