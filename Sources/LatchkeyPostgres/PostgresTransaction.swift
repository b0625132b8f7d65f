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

        /// What is read as it begins, of one statement.
        struct Beginning {
            let reading: ClockReading
            let state: StoreState
        }

        /// Begins, takes the locks of the scope, and reads the clock and the tables with one row, in one round trip.
        func begin(_ scope: WriteScope) throws -> Beginning {
            let cluster = if case .turn = scope { "pg_advisory_xact_lock" } else { "pg_advisory_xact_lock_shared" }
            var statements: [(sql: String, arguments: [any Bindable])] = [
                ("SELECT \(cluster)(?)", [Self.clusterLock])
            ]
            switch scope {
            case .turn, .rows: break
            case .user(let id): statements.append(("SELECT 1 FROM users WHERE id = ? FOR NO KEY UPDATE", [id.bytes]))
            case .userOfCode(let digest):
                // A code never changes hands, and nobody presents one whose insertion is not committed.
                let owner = "SELECT user_id FROM authorization_codes WHERE code_digest = ?"
                statements.append(("SELECT 1 FROM users WHERE id = (\(owner)) FOR NO KEY UPDATE", [digest]))
            case .session(let id): statements.append(("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", [id.bytes]))
            }
            let result = try connection.begin(statements + [(Self.selection, [now?.milliseconds])])
            guard result.rowCount == 1 else { throw Self.missing }
            return Self.decode(Row(result))
        }

        /// Reads them again, for a transaction that has changed them.
        func read() throws -> Beginning {
            guard let found = try connection.first(Self.selection, [now?.milliseconds], Self.decode) else {
                throw Self.missing
            }
            return found
        }

        private static func decode(_ row: Row) -> Beginning {
            Beginning(reading: ClockReading(row, from: StateRow.selectionCount), state: StateRow.decode(row))
        }

        private static let missing = StoreFault("clock or revocation_state has no row")

        /// A statement of its own after the locks, and so of a snapshot that has all that earlier holders did.
        private static let selection = """
            SELECT \(StateRow.selection(clockFloor: PostgresDialect.clockFloor)), \(ClockReading.selection) FROM \(StateRow.source), clock
            WHERE revocation_state.id = 1 AND key_state.id = 1 AND clock.id = 1
            """

        /// What the database's clock shows.
        static func databaseClock(_ connection: PostgresConnection) throws -> Timestamp {
            Timestamp(milliseconds: try connection.integer("SELECT \(ClockReading.now)"))
        }

        func rollBack() {
            guard connection.isInsideTransaction else { return }
            do { try connection.rollBack() } catch { connection.close() }
        }

        /// What the rule works with. Its instant is the database's clock, held within the clock's second if it may issue.
        func ledger(_ beginning: Beginning, _ scope: WriteScope) -> SQLLedger {
            let reading = beginning.reading
            return SQLLedger(
                connection: connection, dialect: PostgresDialect(now: now),
                wall: scope.usesClock ? reading.wall : reading.database, floor: reading.floor,
                mayIssue: scope.usesClock, known: beginning.state)
        }

        /// Makes the commit wait for the disk, and for the standbys, although nothing else is written: for what an earlier
        /// transaction has written whose own wait nobody saw end.
        static func confirm(_ connection: PostgresConnection) throws {
            try connection.walkCommitting("SELECT pg_logical_emit_message(true, 'latchkey', '')", []) { _ in .stop }
        }
    }

    extension WriteScope {
        /// Whether its rules move the clock's row on. Those on rows alone issue nothing: a server whose clock was wrong for
        /// a while, and on which only probes and sweeps ran meanwhile, has used no wrong time.
        var usesClock: Bool { if case .rows = self { false } else { true } }
    }
#endif
