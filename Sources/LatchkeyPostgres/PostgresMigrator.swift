#if Postgres
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeySQL
    import LatchkeyTokens

    /// Brings a database's schema to that of this program, with a record of name and checksum of each file.
    struct PostgresMigrator {
        let migrations: [Migration]

        init(_ migrations: [Migration] = Migrations.postgres) { self.migrations = migrations }

        /// Applies what is missing, one node after the other.
        /// - Throws: ``StoreUnavailable`` naming what to do, and ``PostgresError``.
        func run(on connection: PostgresConnection, now: Timestamp) throws {
            try connection.execute(script: "BEGIN")
            do {
                // Held until the commit: of two nodes that start at once one applies, and the other finds it done.
                try connection.execute(script: "SELECT pg_advisory_xact_lock(\(PostgresTransaction.migrationLock))")
                try connection.execute(script: Self.record)
                let applied = try connection.all("SELECT version, checksum FROM schema_migrations ORDER BY version") {
                    (version: $0[0] as Int, checksum: $0[1] as String)
                }
                try check(applied)
                for migration in migrations.dropFirst(applied.count) {
                    try connection.execute(script: migration.sql)
                    try connection.run(
                        "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
                        [migration.version, migration.name, migration.checksum, now.milliseconds])
                }
                try connection.commit()
            } catch {
                try? connection.execute(script: "ROLLBACK")
                throw error
            }
        }

        private func check(_ applied: [(version: Int, checksum: String)]) throws {
            guard applied.count <= migrations.count else {
                throw StoreUnavailable(
                    "the database has schema \(applied.count) and this program knows \(migrations.count): "
                        + "use the newer latchkey that wrote it")
            }
            for (row, migration) in zip(applied, migrations) {
                guard row.version == migration.version, row.checksum.utf8.elementsEqual(migration.checksum.utf8) else {
                    throw StoreUnavailable(
                        "migration \(migration.version) (\(migration.name)) differs from the one that was applied "
                            + "to this database: use an unmodified latchkey of the same or a later release")
                }
            }
        }

        private static let record = """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version bigint PRIMARY KEY,
                name text COLLATE "C" NOT NULL,
                checksum text COLLATE "C" NOT NULL,
                applied_at bigint NOT NULL
            )
            """
    }
#endif
