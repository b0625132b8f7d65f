#if Postgres
    import LatchkeyCore
    package import LatchkeyMigrations
    import LatchkeySQL
    import LatchkeyTokens

    /// Brings a database's schema to that of this program while other nodes use it, with a record of name, checksum and
    /// kind of each file.
    ///
    /// | the file | |
    /// | --- | --- |
    /// | expand, not applied | applied: the release before can work with it |
    /// | contract, not applied | applied once every living node knows it; until then the program starts without it |
    /// | expand, not known to this program | accepted: a newer release runs beside this one |
    /// | contract, not known to this program | refused: this program is too old |
    package struct PostgresMigrator {
        /// What became of the files.
        package struct Outcome: Sendable, Equatable {
            /// Names of those that were applied.
            package var applied: [String] = []
            /// The one that waits for nodes that do not know it.
            package var waiting: String?
            /// Names of those nodes.
            package var missing: [String] = []
        }

        private struct Applied {
            let version: Int
            let name: String
            let checksum: String
            let kind: MigrationKind?
        }

        let migrations: [Migration]

        package init(_ migrations: [Migration] = Migrations.postgres) { self.migrations = migrations }

        /// How often a file is tried that finds a table in use.
        private static let attempts = 30

        /// Applies what may be applied, one node after the other.
        /// - Throws: ``StoreUnavailable`` naming what to do, and ``PostgresError``.
        @discardableResult
        func run(on connection: PostgresConnection, now: Timestamp) throws -> Outcome {
            var outcome = Outcome()
            while try step(connection, now, &outcome) {}
            return outcome
        }

        /// - Returns: whether there may be more to do.
        private func step(_ connection: PostgresConnection, _ now: Timestamp, _ outcome: inout Outcome) throws -> Bool {
            for attempt in 1... {
                do {
                    return try transaction(connection, now, &outcome)
                } catch let error as PostgresError where error.isConflict && attempt < Self.attempts {
                    // Whoever waits for a table's lock holds up all who come later: so the waits are short and many.
                    Thread.sleep(milliseconds: Int.random(in: 50...500))
                }
            }
            return false
        }

        private func transaction(
            _ connection: PostgresConnection, _ now: Timestamp, _ outcome: inout Outcome
        ) throws -> Bool {
            try connection.execute(script: "BEGIN")
            do {
                // Held until the commit: of two nodes that start at once one applies, and the other finds it done.
                try connection.execute(
                    script: """
                        SET LOCAL lock_timeout = '2s';
                        SET LOCAL statement_timeout = 0;
                        SELECT pg_advisory_xact_lock(\(PostgresTransaction.migrationLock));
                        \(Self.record)
                        """)
                let applied = try connection.all(
                    "SELECT version, name, checksum, kind FROM schema_migrations ORDER BY version"
                ) { Applied(version: $0[0], name: $0[1], checksum: $0[2], kind: MigrationKind(rawValue: $0[3])) }
                try check(applied)
                let mayContinue = try next(after: applied.count, connection, now, &outcome)
                try connection.commit()
                return mayContinue
            } catch {
                do { try connection.execute(script: "ROLLBACK") } catch { connection.close() }
                throw error
            }
        }

        private func next(
            after count: Int, _ connection: PostgresConnection, _ now: Timestamp, _ outcome: inout Outcome
        ) throws -> Bool {
            guard count < migrations.count else { return false }
            let migration = migrations[count]
            let kind = try MigrationKind(of: migration)
            if kind == .contract {
                let unready = try NodeTable(connection: connection).living(besides: "")
                    .filter { $0.schema < migration.version }
                guard unready.isEmpty else {
                    outcome.waiting = migration.name
                    outcome.missing = unready.map(\.name)
                    try refuseBehind(migration)
                    return false
                }
            }
            try connection.execute(script: migration.sql)
            try connection.run(
                "INSERT INTO schema_migrations (version, name, checksum, kind, applied_at) VALUES (?, ?, ?, ?, ?)",
                [migration.version, migration.name, migration.checksum, kind.rawValue, now.milliseconds])
            outcome.applied.append(migration.name)
            return true
        }

        /// Files are applied in order: what this program needs must not stand behind one that cannot be applied yet.
        private func refuseBehind(_ waiting: Migration) throws {
            for later in migrations.drop(while: { $0.version <= waiting.version }) {
                guard try MigrationKind(of: later) == .expand else { continue }
                throw StoreUnavailable(
                    "migration \(waiting.version) (\(waiting.name)) waits for nodes of an earlier release, and this "
                        + "program needs what comes after it: upgrade those nodes first")
            }
        }

        private func check(_ applied: [Applied]) throws {
            for (row, migration) in zip(applied, migrations) {
                guard row.version == migration.version, row.checksum.utf8.elementsEqual(migration.checksum.utf8) else {
                    throw StoreUnavailable(
                        "migration \(migration.version) (\(migration.name)) differs from the one that was applied "
                            + "to this database: use an unmodified latchkey of the same or a later release")
                }
            }
            if let unknown = applied.dropFirst(migrations.count).first(where: { $0.kind != .expand }) {
                throw StoreUnavailable(
                    "the database has schema \(unknown.version) (\(unknown.name)), which this program cannot work "
                        + "with: it knows \(migrations.count); use the newer latchkey that wrote it")
            }
        }

        private static let record = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version bigint PRIMARY KEY,
                name text COLLATE "C" NOT NULL,
                checksum text COLLATE "C" NOT NULL,
                applied_at bigint NOT NULL,
                kind text COLLATE "C" NOT NULL
            )
            """
    }

    extension PostgresStore {
        /// `db migrate`, beside running nodes.
        package static func migrate(_ settings: Settings) throws -> PostgresMigrator.Outcome {
            try PostgresConnection.visit(settings.address) { connection in
                try ServerCheck.run(connection)
                return try PostgresMigrator(settings.migrations).run(
                    on: connection, now: try PostgresTransaction.databaseClock(connection))
            }
        }
    }

    /// What the release before makes of a file. Its first line says it: `-- expand` or `-- contract`.
    enum MigrationKind: String, CaseIterable {
        case expand
        case contract

        /// - Throws: ``StoreFault`` for a file that does not say it.
        init(of migration: Migration) throws {
            let line = migration.sql.utf8.prefix { $0 != UInt8(ascii: "\n") }
            let kind = Self.allCases.first { line.elementsEqual("-- \($0.rawValue)".utf8) }
            guard let kind else { throw StoreFault("migration \(migration.name) does not say what kind it is") }
            self = kind
        }
    }
#endif
