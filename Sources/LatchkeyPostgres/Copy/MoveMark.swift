#if Postgres
    import LatchkeyCore
    import LatchkeySQL

    /// What a database says about a move into it or out of it. No node serves one that is half filled or has moved away.
    struct MoveMark {
        enum State: String {
            /// It is being filled, or was and was emptied again.
            case copying
            case copied
            /// A node or a command has opened the copy, and may have written into it.
            case opened
            /// Its data is in an SQLite file now.
            case moved
        }

        let number: Int64
        let state: State

        /// - Returns: nil for a database that had nothing to do with a move.
        static func read(_ connection: any SQLConnection) throws -> MoveMark? {
            guard try connection.holds("SELECT to_regclass('moves') IS NOT NULL") else { return nil }
            return try connection.first("SELECT number, state FROM moves") { row in
                MoveMark(number: row[0], state: try row.value(1))
            }
        }

        func write(_ connection: any SQLConnection) throws {
            try connection.run(
                """
                INSERT INTO moves (id, number, state) VALUES (1, ?, ?)
                ON CONFLICT (id) DO UPDATE SET number = excluded.number, state = excluded.state
                """, [number, state.rawValue])
        }

        static func remove(_ connection: any SQLConnection) throws { try connection.run("DELETE FROM moves") }

        /// Opens the database for a node.
        /// - Throws: ``StoreUnavailable`` with what to do when none may.
        static func open(_ connection: any SQLConnection) throws {
            // In one statement, so that a move is not taken back meanwhile.
            guard try connection.run("UPDATE moves SET state = 'opened' WHERE state = 'copied'") == 0 else { return }
            try check(connection)
        }

        /// - Throws: ``StoreUnavailable`` with what to do unless a node may open it.
        static func check(_ connection: any SQLConnection) throws {
            switch try read(connection)?.state {
            case nil, .copied, .opened: return
            case .copying:
                throw StoreUnavailable(
                    "the copy into this database was not finished, or was taken back: run `latchkey db copy` again, or "
                        + "make a new database")
            case .moved:
                throw StoreUnavailable(
                    "the data of this database has moved to SQLite: serve with `store: sqlite`, or take the move back "
                        + "with `latchkey db copy --undo`, which is possible until that server has served")
            }
        }
    }
#endif
