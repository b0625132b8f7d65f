#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres
    @testable import LatchkeySQL
    @testable import LatchkeySQLite
    @testable import latchkey

    /// `db copy`: a server's whole data goes from SQLite's file into PostgreSQL and back.
    struct MoveTests {
        @Test func `what was issued before a move holds after it, and what was revoked stays revoked`() async throws {
            let fixture = try await MoveFixture()
            let kept = try await fixture.fill()
            let run = try await fixture.run("db", "copy", "--to", "postgres")
            #expect(run.code == 0, "\(run.error)")
            #expect(run.output.contains("Everything was copied and compared."))
            try await fixture.withPostgres { server in
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: kept.access).status == 200)
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: kept.revokedAccess).status == 401)
                let refreshed = try await server.refresh(kept.refresh)
                #expect(refreshed.status == 200, "\(refreshed.text)")
                #expect(try await server.refresh(kept.endedRefresh)["latchkey_reason"] == "revoked")
                #expect(try await server.login("ada").status == 200)
                // Verifiers load the whole list again, and find at least what they had.
                let list = try await server.list()
                #expect(list.epoch != kept.epoch && list.sequence >= kept.sequence)
                #expect(
                    try await server.revoke("user", try await server.services.users.find("ada").id.description)
                        .status == 201)
                #expect(try await server.list().sequence == list.sequence + 1)
                let back = try await server.services.audit.page(AuditFilter(kind: .userCreated), PageRequest())
                #expect(back.items.count == 3)
            }
        }

        @Test func `dumps of both databases are equal but for epoch and clock, there and back`() async throws {
            let fixture = try await MoveFixture()
            _ = try await fixture.fill()
            let (before, tables) = try MoveDump.sqlite(fixture.path)
            let filled = before.rows.filter { !$0.value.isEmpty }.keys
            for table in [
                "sessions", "revocations", "signing_keys", "audit_events", "event_streams", "stream_events",
                "status_entries", "former_names", "login_throttle", "known_networks", "client_secrets", "profiles",
            ] {
                #expect(filled.contains(table), "the test says nothing about \(table)")
            }
            let counts = try await fixture.move().toPostgres()
            #expect(counts.map(\.table) == CopiedTable.names)
            let during = try MoveDump.postgres(fixture.database, tables)
            for table in tables { #expect(before.rows[table.name] == during.rows[table.name], "\(table.name)") }

            // Served once, so that it is no copy any more but a database of its own.
            try await fixture.withPostgres { _ in }
            let served = try MoveDump.postgres(fixture.database, tables)
            let kept = fixture.folder.file("kept.sqlite")
            try FileManager.default.moveItem(atPath: fixture.path, toPath: kept)
            _ = try await fixture.move().toSQLite()
            let (after, _) = try MoveDump.sqlite(fixture.path)
            for table in tables { #expect(served.rows[table.name] == after.rows[table.name], "\(table.name)") }
            try await fixture.withSQLite { server in
                let status = try await server.login("ada").status
                #expect(status == 200)
            }
        }

        @Test func `tables that are larger than a statement are moved whole, the widest among them`() async throws {
            let fixture = try await MoveFixture()
            _ = try await fixture.fill()
            let rows = 1203
            let database = try Database(path: fixture.path, access: .readWrite)
            let tables = try CopiedTable.all(in: database)
            let sessions = try #require(tables.first { $0.name == "sessions" })
            #expect(tables.allSatisfy { $0.columns.count <= sessions.columns.count })
            let values = sessions.columns.map { $0.name == "id" ? "randomblob(16)" : $0.name }
            try database.run(
                """
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                INSERT INTO sessions (\(sessions.list))
                SELECT \(values.joined(separator: ", ")) FROM (SELECT * FROM sessions LIMIT 1), n
                """, [Int64(rows)])
            try database.run("UPDATE session_count SET sessions = sessions + ?", [Int64(rows)])
            try database.close()
            let copied = try await fixture.move().toPostgres()
            #expect(try #require(copied.first { $0.table == "sessions" }).rows > rows)
            // And back, which reads as much.
            try await fixture.withPostgres { _ in }
            try FileManager.default.removeItem(atPath: fixture.path)
            let back = try await fixture.move().toSQLite()
            #expect(back.first { $0.table == "sessions" }?.rows == copied.first { $0.table == "sessions" }?.rows)
        }

        @Test func `numbers of rows go on where the source was, even where the last row is gone`() async throws {
            let fixture = try await MoveFixture()
            _ = try await fixture.fill()
            let source = try SQLiteMoveSource(path: fixture.path)
            let last = try source.lastNumber(of: "clients")
            source.close()
            _ = try await fixture.move().toPostgres()
            try await fixture.withPostgres { server in
                try await server.addClient("next")
            }
            let connection = try PostgresConnection(PostgresAddress(url: fixture.database))
            defer { connection.close() }
            let number = try connection.integer("SELECT number FROM clients WHERE id = 'next'")
            #expect(number > last)
            #expect(try connection.integer("SELECT max(number) FROM clients WHERE id <> 'next'") < last)
            // An `iat` of the new server is no earlier than any of the old one.
            #expect(try connection.integer("SELECT second FROM clock") > 0)
        }

        @Test func `every table of the schema is copied, or is one that has nothing to copy`() throws {
            let folder = try TemporaryFolder()
            let database = try Database(path: folder.file("a.sqlite"), access: .create)
            defer { try? database.close() }
            try Migrator().run(on: database, applyPending: true, now: .wallClock)
            let tables = try database.all(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ) { $0[0] as String }
            #expect(Set(tables) == Set(CopiedTable.names + ["schema_migrations", "session_count"]))
            let counted = try database.all(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
            ) { $0[0] as String }
            #expect(Set(counted) == Set(CopiedTable.counted.map(\.0)))
        }

        @Test func `a table larger than a statement is copied whole, and one row that differs is noticed`() throws {
            let folder = try TemporaryFolder()
            let database = try Database(path: folder.file("a.sqlite"), access: .create)
            defer { try? database.close() }
            try database.execute(
                script: "CREATE TABLE a (x INTEGER, y TEXT, z BLOB); CREATE TABLE b (x INTEGER, y TEXT, z BLOB)")
            let a = CopiedTable(name: "a", columns: [("x", .integer), ("y", .text), ("z", .blob)])
            let b = CopiedTable(name: "b", columns: a.columns)
            for count in [0, 1, 499, 500, 501, 1203] {
                try database.run("DELETE FROM a")
                var writer = RowWriter(database, a)
                for number in 0..<count {
                    try writer.add([.integer(Int64(number)), number % 3 == 0 ? .null : .text("é\(number)"), .blob([7])])
                }
                try writer.finish()
                #expect(try database.integer("SELECT count(*) FROM a") == Int64(count))
            }
            let sum = { (table: CopiedTable) in
                try TableCopy.sum(of: table) { table, body in
                    try database.walk("SELECT \(table.list) FROM \(table.name)", []) { row in
                        try body(row)
                        return .on
                    }
                }
            }
            try database.execute(script: "INSERT INTO b SELECT * FROM a ORDER BY x DESC")
            #expect(try sum(a) == sum(b))
            for change in [
                "UPDATE b SET y = 'e' WHERE x = 700", "UPDATE b SET y = NULL, z = x'0707' WHERE x = 700",
                "UPDATE b SET x = 701 WHERE x = 700", "DELETE FROM b WHERE x = 700",
                "INSERT INTO b VALUES (1, 'a', x'')",
                "UPDATE b SET y = '' WHERE y IS NULL", "UPDATE b SET y = z WHERE x = 700",
            ] {
                try database.run("BEGIN")
                try database.run(change)
                #expect(try sum(a) != sum(b), "\(change)")
                try database.run("ROLLBACK")
            }
        }
    }
#endif
