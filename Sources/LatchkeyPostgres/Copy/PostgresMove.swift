#if Postgres
    import LatchkeyCore
    package import LatchkeySQL
    package import LatchkeyTokens

    /// A database that data moves into, or out of. On one thread.
    package final class PostgresMove {
        fileprivate let connection: PostgresConnection
        package var target: any SQLConnection { connection }

        /// Connects and brings the schema up to date.
        /// - Throws: ``StoreUnavailable``, with a sentence for the operator.
        package init(_ address: PostgresAddress, now: Timestamp) throws {
            connection = try PostgresError.visibly {
                try address.check()
                let connection = try PostgresConnection(address)
                try ServerCheck.run(connection)
                // The whole copy is one transaction, and takes as long as it takes.
                for setting in ["statement_timeout = 0", "idle_in_transaction_session_timeout = 0"] {
                    try connection.execute(script: "SET \(setting)")
                }
                try connection.execute(script: "SET lock_timeout = '10s'")
                try PostgresMigrator().run(on: connection, now: now)
                return connection
            }
        }

        package func close() { connection.close() }

        /// Reads a table in pieces, inside a transaction. For ``TableCopy``.
        package func read(_ table: CopiedTable, _ body: (Row) throws -> Void) throws {
            let cursor = "copied_\(table.name)"
            try connection.run("DECLARE \(cursor) NO SCROLL CURSOR FOR SELECT \(table.list) FROM \(table.name)")
            var isAtEnd = false
            while !isAtEnd {
                isAtEnd = true
                try connection.walk("FETCH 1000 FROM \(cursor)", []) { row in
                    isAtEnd = false
                    try body(row)
                    return .on
                }
            }
            try connection.run("CLOSE \(cursor)")
        }
    }

    // MARK: - Into PostgreSQL

    extension PostgresMove {
        /// Marks the database as being filled, and begins the transaction that fills it.
        ///
        /// The mark is committed before: a database that was given up half way is refused by every node.
        /// - Throws: ``StoreUnavailable`` unless it is empty, but for what an unfinished copy left.
        package func beginFilling(number: Int64) throws {
            try PostgresError.visibly {
                try connection.execute(script: "BEGIN")
                try connection.execute(script: "LOCK TABLE moves IN ACCESS EXCLUSIVE MODE")
                try requireEmpty()
                try MoveMark(number: number, state: .copying).write(connection)
                try connection.commit()

                try connection.execute(script: "BEGIN")
                try connection.execute(script: Self.truncation(CopiedTable.names))
                // Another command may have filled it while this one waited for the tables.
                let mark = try MoveMark.read(connection)
                guard mark?.number == number, case .copying = mark?.state else {
                    throw StoreUnavailable("another `latchkey db copy` fills the same database")
                }
            }
        }

        /// Tables that have one row from the beginning.
        private static let states = ["client_state", "revocation_state", "key_state"]

        private func requireEmpty() throws {
            let mark = try MoveMark.read(connection)
            if case .copying = mark?.state { return }
            let filled = try CopiedTable.names.first { name in
                try !Self.states.contains(name) && connection.holds("SELECT EXISTS (SELECT 1 FROM \(name))")
            }
            let isNew = try connection.holds("SELECT epoch = '' FROM revocation_state")
            guard filled == nil, isNew, mark == nil else {
                throw StoreUnavailable(
                    "the database that postgres.url names is not empty: a node has served from it, or it holds a copy "
                        + "already; make a new database for this one")
            }
        }

        /// Writes what belongs to the rows but is in no table of the source.
        /// - Parameters:
        ///   - clockFloor: the latest instant that the source has used.
        ///   - lastNumber: of the rows of a table, as far as the source has counted.
        package func finishFilling(
            number: Int64, clockFloor: Timestamp, lastNumber: (String) throws -> Int64
        ) throws {
            try PostgresError.visibly {
                // The first node draws an epoch of its own.
                try connection.run("UPDATE revocation_state SET epoch = '', clock_floor = 0")
                // Rounded up: no token and no session of the source is younger than the clock's row says.
                let second = (clockFloor.milliseconds + 999) / 1000
                try connection.run("UPDATE clock SET second = greatest(second, ?)", [second])
                for (table, column) in CopiedTable.counted {
                    try setLast("pg_get_serial_sequence('\(table)', '\(column)')", try lastNumber(table))
                }
                // A node that knew an earlier database of this cluster forgets it.
                try connection.run(
                    "UPDATE history SET settled_at = \(ClockReading.now)")
                try setLast("'revocation_ids'", try connection.integer("SELECT last_seq FROM revocation_state"))
                try MoveMark(number: number, state: .copied).write(connection)
            }
        }

        private func setLast(_ sequence: String, _ last: Int64) throws {
            try connection.walk("SELECT setval(\(sequence), ?, ?::bigint <> 0)", [max(1, last), last]) { _ in .stop }
        }

        /// After this a node may serve.
        package func commit() throws {
            try PostgresError.visibly {
                try connection.commit()
                // Until PostgreSQL does it by itself, statements would be planned for empty tables.
                try connection.execute(script: "ANALYZE")
            }
        }
    }

    // MARK: - Out of PostgreSQL

    extension PostgresMove {
        /// Begins the transaction that reads everything, and in which nobody else writes.
        /// - Throws: ``StoreUnavailable`` while a node lives, or when there is nothing to move.
        package func beginLeaving() throws {
            try PostgresError.visibly {
                try MoveMark.check(connection)
                try connection.execute(script: "BEGIN")
                let tables = CopiedTable.names + ["clock"]
                try connection.execute(script: "LOCK TABLE \(tables.joined(separator: ", ")) IN SHARE MODE")
                let living = try NodeTable(connection: connection).living(besides: "").map(\.name)
                guard living.isEmpty else {
                    throw StoreUnavailable("nodes still run: \(living.joined(separator: ", ")); stop them first")
                }
                let isNew = try connection.holds("SELECT epoch = '' FROM revocation_state")
                guard try !isNew || MoveMark.read(connection) != nil else {
                    throw StoreUnavailable("the database that postgres.url names holds no data of Latchkey")
                }
                // Entries that a node has committed and not lived to number.
                try connection.run(
                    """
                    WITH waiting AS (
                        SELECT id, row_number() OVER (ORDER BY id) AS place FROM revocations WHERE seq IS NULL
                    ), numbered AS (
                        UPDATE revocations r SET seq = s.last_seq + w.place FROM waiting w, revocation_state s
                        WHERE r.id = w.id RETURNING 1
                    )
                    UPDATE revocation_state SET last_seq = last_seq + (SELECT count(*) FROM numbered)
                    """)
            }
        }

        /// The value that was sealed with the database's master key, if any.
        package func masterKeyProbe() throws -> [UInt8]? {
            try connection.first("SELECT master_key_probe FROM key_state") { $0.optionalBytes(0) } ?? nil
        }

        /// The latest instant that any node has used: the end of the clock's second.
        package func clockFloor() throws -> Timestamp {
            Timestamp(milliseconds: try connection.integer("SELECT second * 1000 + 999 FROM clock"))
        }

        /// The last number that was given to a row of a table of ``CopiedTable/counted``; 0 before the first.
        package func lastNumber(of table: String) throws -> Int64 {
            guard let column = CopiedTable.counted.first(where: { $0.0.utf8.elementsEqual(table.utf8) })?.1 else {
                throw StoreFault("the rows of \(table) are not counted")
            }
            let sequence = try connection.first(
                "SELECT pg_get_serial_sequence('\(table)', '\(column)')", []
            ) { $0[0] as String }
            return try connection.integer(
                "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM \(sequence ?? "")")
        }

        /// From then on no node opens the database. Commits.
        package func markMoved(number: Int64) throws {
            try PostgresError.visibly {
                try MoveMark(number: number, state: .moved).write(connection)
                try connection.commit()
            }
        }
    }

    // MARK: - Taking a move back

    extension PostgresMove {
        /// How a database stands to a move.
        package enum Standing: Sendable, Equatable {
            case none
            /// It was filled, or is half filled, by the move with this number.
            case filled(Int64, isOpened: Bool)
            case moved(Int64)
        }

        package func standing() throws -> Standing {
            try PostgresError.visibly {
                guard let mark = try MoveMark.read(connection) else { return .none }
                switch mark.state {
                case .copying, .copied: return .filled(mark.number, isOpened: false)
                case .opened: return .filled(mark.number, isOpened: true)
                case .moved: return .moved(mark.number)
                }
            }
        }

        /// A table that this release does not use refers to some of these, and would keep them from being emptied alone.
        private static func truncation(_ tables: [String]) -> String {
            "TRUNCATE " + (tables + ["login_codes"]).joined(separator: ", ")
        }

        /// Empties a database that was filled and has not served. No node starts on it.
        /// - Throws: ``StoreUnavailable`` when a node was quicker.
        package func empty(number: Int64) throws {
            try PostgresError.visibly {
                try connection.execute(script: "BEGIN")
                try connection.execute(script: "LOCK TABLE moves IN ACCESS EXCLUSIVE MODE")
                guard case .filled(number, isOpened: false) = try standing() else {
                    throw StoreUnavailable("a node has opened the copy: its data may be newer than that of the source")
                }
                let tables = CopiedTable.names.filter { !Self.states.contains($0) }
                try connection.execute(script: Self.truncation(tables))
                try MoveMark(number: number, state: .copying).write(connection)
                try connection.commit()
            }
        }

        /// Lets nodes serve again from a database that had moved.
        package func stay() throws { try PostgresError.visibly { try MoveMark.remove(connection) } }
    }
#endif
