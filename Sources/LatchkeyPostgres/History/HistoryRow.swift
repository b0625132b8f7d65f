#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// Writes of the row of `history`. Under the turn.
    struct HistoryRow {
        let connection: any SQLConnection

        /// The log goes on with this server.
        /// - Parameter second: the clock's row of the state from which it goes on.
        func fork(to identity: DatabaseIdentity, second: Int64) throws {
            try change(
                """
                UPDATE history SET system_identifier = ?, timeline = ?, database_oid = ?, forked_second = ?
                """, [identity.system, identity.timeline, identity.database, second])
        }

        func noteSettled() throws {
            try change("UPDATE history SET settled_at = greatest(settled_at + 1, \(ClockReading.now))", [])
        }

        /// What is said to be settled must be written down.
        private func change(_ sql: String, _ arguments: [any Bindable]) throws {
            guard try connection.run(sql, arguments) == 1 else { throw StoreFault("history does not have one row") }
        }

        /// No token may get an `iat` that is older than what a node has seen.
        func raiseClock(to second: Int64) throws {
            try connection.run("UPDATE clock SET second = ?1 WHERE second < ?1", [second])
        }

        /// Every node must read keys and clients again, whatever numbers they had before.
        func raiseVersions(above keys: Int64, _ clients: Int64) throws {
            try connection.run("UPDATE key_state SET version = greatest(version, ?) + 1", [keys])
            try connection.run("UPDATE client_state SET version = greatest(version, ?) + 1", [clients])
        }
    }
#endif
