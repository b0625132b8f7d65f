#if Postgres
    import Foundation
    import LatchkeyMigrations
    import LatchkeySQL
    import LatchkeyTokens
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres
    @testable import LatchkeySQLite

    /// Two folders of migrations describe one schema: what the statements of `LatchkeySQL` find on either database.
    struct SchemaComparisonTests {
        private let now = Timestamp(seconds: 1_795_420_800)

        /// What one of them has alone, and why.
        private static let exceptions: [String: String] = [
            "moves": "SQLite's file has the same in its header",
            "clock": "time is a row on PostgreSQL; SQLite has one writer with one clock",
            "revocations.id": "entries are numbered after the commit on PostgreSQL",
            "revocations.seq": "so it is no key there, and may be absent for a moment",
            "session_count": "PostgreSQL counts no sessions",
            "history": "a file has no standby",
            "nodes": "one process has a file of SQLite for itself",
            "leases": "so it does all the work itself",
            "schema_migrations.kind": "and no other release uses it meanwhile",
            "login_codes": "a node of the release before may still use it",
            "consumers": "nodes tell one another who polls the list; one node keeps that in memory",
        ]

        private func isException(_ column: String) -> Bool {
            Self.exceptions.keys.contains { column.hasPrefix($0 + ".") || column.hasPrefix($0 + " ") }
        }

        @Test func `tables, columns, types and primary keys are the same`() async throws {
            let (sqlite, postgres) = (try sqliteColumns(), try await postgresColumns())
            let difference = sqlite.symmetricDifference(postgres).filter { !isException($0) }
            #expect(difference.isEmpty, "\(difference.sorted())")
            #expect(sqlite.intersection(postgres).count > 100)
            for name in Self.exceptions.keys {
                let known = sqlite.symmetricDifference(postgres)
                #expect(
                    known.contains { $0.hasPrefix(name + ".") || $0.hasPrefix(name + " ") }, "\(name) is no exception")
            }
        }

        /// `table.column type nullability key`.
        private func sqliteColumns() throws -> Set<String> {
            let folder = try TemporaryFolder()
            let database = try Database(path: folder.file("latchkey.sqlite"), access: .create)
            try Migrator().run(on: database, applyPending: true, now: now)
            let rows = try database.all(
                """
                SELECT t.name || '.' || c.name || ' ' || lower(c.type) || CASE WHEN c."notnull" = 1 OR c.pk > 0
                    THEN ' required' ELSE '' END || CASE WHEN c.pk > 0 THEN ' key ' || c.pk ELSE '' END
                FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'
                """
            ) { $0[0] as String }
            try database.close()
            return Set(rows)
        }

        private func postgresColumns() async throws -> Set<String> {
            let connection = try PostgresConnection(
                PostgresAddress(url: try await PostgresCluster.running().makeDatabase()))
            defer { connection.close() }
            try PostgresMigrator().run(on: connection, now: now)
            let rows = try connection.all(
                """
                SELECT c.table_name || '.' || c.column_name || ' '
                    || CASE c.data_type WHEN 'bigint' THEN 'integer' WHEN 'bytea' THEN 'blob' ELSE c.data_type::text END
                    || CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE '' END
                    || coalesce((
                        SELECT ' key ' || k.ordinal_position::text
                        FROM information_schema.table_constraints t
                        JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name
                        WHERE t.constraint_type = 'PRIMARY KEY' AND k.table_name = c.table_name
                            AND k.column_name = c.column_name), '')
                FROM information_schema.columns c WHERE c.table_schema = 'public'
                """
            ) { $0[0] as String }
            return Set(rows)
        }

        @Test func `the index lists exactly the files of PostgreSQL's folder`() throws {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Migrations/postgres")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            #expect(files == Migrations.postgres.map(\.fileName))
            for migration in Migrations.postgres {
                let text = try String(contentsOf: folder.appendingPathComponent(migration.fileName), encoding: .utf8)
                #expect(migration.sql == text)
            }
        }
    }
#endif
