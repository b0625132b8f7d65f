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

    /// What a move refuses, and what a kill leaves: at no moment do both databases open.
    struct MoveRefusalTests {
        @Test func `a command that is killed half way leaves the source as it was and a target that no node serves`()
            async throws
        {
            let fixture = try await MoveFixture()
            let kept = try await fixture.fill()
            // Somebody reads a table that the copy wants for itself, so the copy waits.
            let reader = try PostgresConnection(PostgresAddress(url: fixture.database))
            defer { reader.close() }
            try PostgresMigrator().run(on: reader, now: .wallClock)
            try reader.execute(script: "SET idle_in_transaction_session_timeout = 0")
            try reader.execute(script: "BEGIN")
            try reader.execute(script: "LOCK TABLE stream_events IN ACCESS SHARE MODE")
            let watch = try PostgresConnection(PostgresAddress(url: fixture.database))
            defer { watch.close() }
            let child = try ChildProcess(
                [ServerProcess.binary, "db", "copy", "--to", "postgres", "--data-dir", fixture.folder.path],
                environment: ["LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": fixture.database])
            try await eventually("the target is marked") {
                try watch.holds("SELECT EXISTS (SELECT 1 FROM moves WHERE state = 'copying')") || !child.isRunning
            }
            child.signal(SIGKILL)
            child.wait()
            try reader.execute(script: "ROLLBACK")

            let onTarget = try await fixture.run("user", "list")
            #expect(onTarget.code == 1 && onTarget.error.contains("was not finished"), "\(onTarget.error)")
            try await fixture.withSQLite { server in
                let status = try await server.http.authorised("GET", "/api/v1/me", bearer: kept.access).status
                #expect(status == 200)
            }
            let again = try await fixture.run("db", "copy", "--to", "postgres")
            #expect(again.code == 0, "\(again.error)")
            #expect(try await fixture.run("user", "list").lines.count == 4)
        }

        @Test func `a moved file opens for no command until the move is taken back`() async throws {
            let fixture = try await MoveFixture()
            let kept = try await fixture.fill()
            #expect(try await fixture.run("db", "copy", "--to", "postgres").code == 0)
            for command in [
                ["user", "list"], ["db", "check"], ["db", "migrate"], ["db", "backup", fixture.path + ".b"],
            ] {
                let run = try await CommandLineFixture(folder: fixture.folder).run(
                    command + ["--data-dir", fixture.folder.path], environment: ["LATCHKEY_STORE": "sqlite"])
                #expect(run.code == 1, "\(command)")
                #expect((run.error + run.output).contains("has moved to PostgreSQL"), "\(command) \(run.error)")
            }
            let undone = try await fixture.run("db", "copy", "--undo")
            #expect(undone.code == 0, "\(undone.error)")
            let onTarget = try await fixture.run("user", "list")
            #expect(onTarget.code == 1 && onTarget.error.contains("was taken back"), "\(onTarget.error)")
            try await fixture.withSQLite { server in
                let status = try await server.refresh(kept.refresh).status
                #expect(status == 200)
            }
            let twice = try await fixture.run("db", "copy", "--undo")
            #expect(twice.code == 1 && twice.error.contains("There is no move to take back"), "\(twice.error)")
            #expect(try await fixture.run("db", "copy", "--to", "postgres").code == 0)
        }

        /// The moment between the mark on the source and the commit on the target.
        @Test func `a command that is killed before its last step leaves two databases that do not open`() async throws
        {
            let fixture = try await MoveFixture()
            let kept = try await fixture.fill()
            let source = try SQLiteMoveSource(path: fixture.path)
            let target = try PostgresMove(PostgresAddress(url: fixture.database), now: .wallClock)
            try target.beginFilling(number: 7)
            try source.markMoved(number: 7)
            source.close()
            target.close()
            for store in ["sqlite", "postgres"] {
                #expect(try await fixture.run("user", "list", store: store).code == 1, "\(store)")
            }
            #expect(try await fixture.run("db", "copy", "--undo").code == 0)
            try await fixture.withSQLite { server in
                let status = try await server.refresh(kept.refresh).status
                #expect(status == 200)
            }
        }

        @Test func `a move is not taken back once a node has served, but moved back`() async throws {
            let fixture = try await MoveFixture()
            let kept = try await fixture.fill()
            #expect(try await fixture.run("db", "copy", "--to", "postgres").code == 0)
            let token = Captured("")
            try await fixture.withPostgres { server in
                token.value = try #require(try await server.refresh(kept.refresh)["refresh_token"])
            }
            let undone = try await fixture.run("db", "copy", "--undo")
            #expect(undone.code == 1 && undone.error.contains("--to sqlite"), "\(undone.error)")
            let inTheWay = try await fixture.run("db", "copy", "--to", "sqlite")
            #expect(inTheWay.code == 1 && inTheWay.error.contains("already: move it away first"), "\(inTheWay.error)")
            try FileManager.default.removeItem(atPath: fixture.path)
            let back = try await fixture.run("db", "copy", "--to", "sqlite")
            #expect(back.code == 0, "\(back.error)")
            let left = try await fixture.run("user", "list")
            #expect(left.code == 1 && left.error.contains("has moved to SQLite"), "\(left.error)")
            try await fixture.withSQLite { server in
                let status = try await server.refresh(token.value).status
                #expect(status == 200)
            }
            let late = try await fixture.run("db", "copy", "--undo")
            #expect(late.code == 1 && late.error.contains("A server has opened"), "\(late.error)")
        }

        @Test func `a move to SQLite that nobody has served is taken back`() async throws {
            let fixture = try await MoveFixture()
            _ = try await fixture.fill()
            #expect(try await fixture.run("db", "copy", "--to", "postgres").code == 0)
            try await fixture.withPostgres { _ in }
            try FileManager.default.removeItem(atPath: fixture.path)
            #expect(try await fixture.run("db", "copy", "--to", "sqlite").code == 0)
            #expect(try await fixture.run("db", "copy", "--undo").code == 0)
            #expect(!FileManager.default.fileExists(atPath: fixture.path))
            try await fixture.withPostgres { server in
                let status = try await server.login("ada").status
                #expect(status == 200)
            }
        }

        @Test func `a database that has data already is refused, and so are a running server and another key`()
            async throws
        {
            let fixture = try await MoveFixture()
            _ = try await fixture.fill()
            let other = try TemporaryFolder()
            try MasterKeyFile(path: other.file("master.key")).write(.generate())
            let wrong = try await CommandLineFixture(folder: fixture.folder).run(
                ["db", "copy", "--to", "postgres", "--data-dir", fixture.folder.path],
                environment: [
                    "LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": fixture.database,
                    "LATCHKEY_MASTER_KEY_FILE": other.file("master.key"),
                ])
            #expect(wrong.code == 1 && wrong.error.contains("another master key"), "\(wrong.error)")

            try await fixture.withSQLite { _ in
                let busy = try await fixture.run("db", "copy", "--to", "postgres")
                #expect(busy.code == 1 && busy.error.contains("in use by process"), "\(busy.error)")
            }
            try await withServer(["store": "postgres", "postgres.url": fixture.database]) { _ in }
            let full = try await fixture.run("db", "copy", "--to", "postgres")
            #expect(full.code == 1 && full.error.contains("is not empty"), "\(full.error)")
            let plain = try await fixture.run("db", "copy", "--to", "postgres", store: "sqlite")
            #expect(plain.code == 1 && plain.error.contains("store: postgres"), "\(plain.error)")
            #expect(try await fixture.run("db", "copy").code == 2)
            #expect(try await fixture.run("db", "copy", "--undo", "--to", "sqlite").code == 2)
            try await fixture.withSQLite { server in
                let status = try await server.login("ada").status
                #expect(status == 200)
            }
        }
    }
#endif
