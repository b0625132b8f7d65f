#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// One rule as one transaction.
    ///
    /// READ COMMITTED with two kinds of lock. The cluster's lock is taken alone by a turn and shared by all others; the
    /// root's lock is that of the row below which the rule writes. The clock is read after both and before everything
    /// else: so no watermark that the rule reads is older than the `iat` that it issues with, and a revocation by time
    /// either is seen here or has the clock's row, with a second that is no earlier than that `iat`.
    struct PostgresTransaction {
        static let clusterLock: Int64 = 0x6C61_7463_686B_6579
        static let migrationLock: Int64 = 0x6C61_7463_686B_6D67

        let connection: PostgresConnection
        /// What the database's clock is taken to show; nil: what it shows.
        let now: Timestamp?

        /// The clock's row and the database's clock, of one statement.
        struct Reading {
            let second: Int64
            let wall: Timestamp

            /// Whether the row has fallen behind: an `iat` that is old is safe, but not one that is seconds old.
            func isBehind(by seconds: Int64) -> Bool { wall.seconds > second + seconds }
        }

        /// Begins, takes the locks of the scope, and reads the clock.
        func begin(_ scope: WriteScope) throws -> Reading {
            try connection.run("BEGIN")
            let cluster = if case .turn = scope { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" }
            try connection.walk("SELECT \(cluster)(?)", [Self.clusterLock]) { _ in .stop }
            switch scope {
            case .turn, .rows: break
            case .user(let id):
                try connection.walk("SELECT 1 FROM users WHERE id = ? FOR NO KEY UPDATE", [id.bytes]) { _ in .stop }
            case .session(let id):
                try connection.walk("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", [id.bytes]) { _ in .stop }
            }
            return try read()
        }

        /// What the database's clock shows.
        static func databaseClock(_ connection: PostgresConnection) throws -> Timestamp {
            Timestamp(
                milliseconds: try connection.integer(
                    "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))
        }

        func read() throws -> Reading {
            let reading = try connection.first(
                """
                SELECT second, coalesce(?, (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM clock
                """, [now?.milliseconds]
            ) { Reading(second: $0[0], wall: Timestamp(milliseconds: $0[1])) }
            guard let reading else { throw StoreFault("clock has no row") }
            return reading
        }

        /// Moves the clock's row on to the database's clock. A transaction of its own.
        func tick(_ reading: Reading) throws {
            try connection.run(
                "UPDATE clock SET second = ? WHERE second < ?", [reading.wall.seconds, reading.wall.seconds])
        }

        func rollBack() {
            guard connection.isInsideTransaction else { return }
            do { try connection.execute(script: "ROLLBACK") } catch { connection.close() }
        }

        /// What the rule works with. Its instant is the database's clock, held within the clock's second.
        func ledger(_ reading: Reading) -> SQLLedger {
            let end = Timestamp(milliseconds: reading.second * 1000 + 999)
            return SQLLedger(
                connection: connection, dialect: PostgresDialect(now: now), wall: min(reading.wall, end),
                floor: Timestamp(seconds: reading.second))
        }
    }
#endif
