#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// Sessions are not counted, since a row that every sign-in writes would be a queue. Entries of the log get their
    /// `seq` after the commit (``Sequencer``). Time is a row.
    struct PostgresDialect: SQLDialect {
        /// What the database's clock is taken to show; nil: what it shows.
        let now: Timestamp?

        let entryColumn = "id"

        func countSessions(_ change: Int, _ connection: any SQLConnection) throws {}

        /// As of the last time that PostgreSQL looked; counted while it has not.
        func sessionCount(_ connection: any SQLConnection) throws -> Int64 {
            let estimate = try connection.integer(
                "SELECT reltuples::bigint FROM pg_class WHERE oid = 'sessions'::regclass")
            return estimate > 10_000 ? estimate : try connection.integer("SELECT count(*) FROM sessions")
        }

        func drawEntry(_ connection: any SQLConnection) throws -> Int64 {
            try connection.integer("SELECT nextval('revocation_ids')")
        }

        func announce(_ connection: any SQLConnection) throws {
            try connection.walk("SELECT pg_notify('\(Watcher.channel)', '')", []) { _ in .stop }
        }

        /// Moves the clock's row on where that is due, and keeps it until the commit: no issuance can read a later second
        /// and not see this revocation. The end of that second, so that what was begun in it has ended.
        func revocationInstant(
            byTime: Bool, at instant: Timestamp, _ connection: any SQLConnection
        ) throws -> Timestamp {
            guard byTime else { return instant }
            let second = try connection.first(
                "UPDATE clock SET second = greatest(second, ?) RETURNING second", [instant.seconds]
            ) { $0[0] as Int64 }
            guard let second else { throw StoreFault("clock has no row") }
            return Timestamp(milliseconds: second * 1000 + 999)
        }

        /// Whatever is issued next has at least the second of the clock's row.
        static let clockFloor = "clock.second * 1000"

        var selectState: String { Self.selectState }
        private static let selectState =
            "SELECT \(StateRow.selection(clockFloor: clockFloor)) FROM \(StateRow.source), clock"

        /// Nodes that knew the wrong time take the earlier one for what an operator has settled.
        func resetClock(to now: Timestamp, _ connection: any SQLConnection) throws {
            try connection.run("UPDATE clock SET second = ?", [now.seconds])
            try HistoryRow(connection: connection).noteSettled()
        }
    }
#endif
