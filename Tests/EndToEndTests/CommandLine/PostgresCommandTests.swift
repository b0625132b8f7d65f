#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres
    @testable import LatchkeySQL
    @testable import latchkey

    /// The commands about the database itself, where it is in PostgreSQL.
    struct PostgresCommandTests {
        /// A data folder, and a database in PostgreSQL.
        private struct Place: Sendable {
            let fixture: CommandLineFixture
            let database: String

            init() async throws {
                fixture = try CommandLineFixture()
                database = try await PostgresCluster.running().makeDatabase()
            }

            var environment: [String: String] { ["LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": database] }

            func run(_ arguments: String...) async throws -> CommandRun {
                try await fixture.run(arguments + ["--data-dir", fixture.folder.path], environment: environment)
            }

            func serve() async throws -> ServerProcess {
                try await ServerProcess(
                    folder: fixture.folder, port: try ServerProcess.freePort(), configuration: environment)
            }

            func execute(_ script: String) throws {
                let connection = try PostgresConnection(PostgresAddress(url: database))
                defer { connection.close() }
                try connection.execute(script: script)
            }
        }

        @Test func `backup and restore name PostgreSQL's own tools, and touch nothing`() async throws {
            let place = try await Place()
            let file = place.fixture.folder.file("backup")
            let backup = try await place.run("db", "backup", file)
            #expect(backup.code == 1 && backup.error.contains("pg_basebackup"), "\(backup.error)")
            #expect(!FileManager.default.fileExists(atPath: file))
            let restore = try await place.run("db", "restore", file, "--yes")
            #expect(restore.code == 1 && restore.error.contains("db settle --restored"), "\(restore.error)")
            let check = try await place.run("db", "check", file)
            #expect(check.code == 1 && check.error.contains("only backups of SQLite"), "\(check.error)")
        }

        @Test func `a database without Latchkey is no sound one, and one that a node made is`() async throws {
            let place = try await Place()
            let empty = try await place.run("db", "check")
            #expect(empty.code == 1 && empty.output.contains("holds no data of Latchkey"), "\(empty.output)")
            #expect(try await place.run("nodes").code == 0)
            #expect(
                try await place.run("db", "migrate").output.contains("Applied \(Migrations.postgres.count): baseline"))
            let again = try await place.run("db", "migrate", "--contract")
            #expect(again.code == 0 && again.output.contains("Nothing was missing"), "\(again.output)")
            try await place.fixture.folder.withKey()
            #expect(try await place.run("client", "add", "one", "--public").code == 0)
            let sound = try await place.run("db", "check")
            #expect(sound.code == 0, "\(sound.output)\(sound.error)")
            #expect(sound.output.contains("The database is sound.") && sound.output.contains("No synchronous standby"))

            try place.execute("DELETE FROM clock")
            let broken = try await place.run("db", "check")
            #expect(broken.code == 1 && broken.output.contains("clock does not have one row"), "\(broken.output)")
        }

        @Test func `nodes lists who lives, and commands that need the nodes stopped refuse meanwhile`() async throws {
            let place = try await Place()
            let server = try await place.serve()
            let nodes = try await place.run("nodes")
            #expect(nodes.code == 0 && nodes.lines.count == 2, "\(nodes.output)")
            #expect(nodes.output.contains("living") && nodes.output.contains(Latchkey.version), "\(nodes.output)")
            let json = try await place.run("nodes", "--format", "json")
            let listed = try JSONDecoder().decode([NodeLine].self, from: Data(json.output.utf8))
            #expect(listed.map(\.state) == [.living] && listed.map(\.issuer) == ["http://localhost:8080"])
            let key = try String(contentsOfFile: place.fixture.folder.file("master.key"), encoding: .utf8)
            for item in key.split(whereSeparator: { ":, \n".contains($0) }) where item.count > 8 {
                #expect(!json.output.contains(item), "a master key is shown")
            }
            #expect(try await place.run("db", "check").output.contains("1 node"))
            #expect(try await place.run("db", "migrate").code == 0)

            let other = try CommandLineFixture()
            let reset = try await other.run(
                ["db", "reset-clock", "--yes", "--data-dir", other.folder.path], environment: place.environment)
            #expect(reset.code == 1 && reset.error.contains("still run"), "\(reset.error)")
            let leave = try await other.withKeyOf(place.fixture).run(
                ["db", "copy", "--to", "sqlite", "--data-dir", other.folder.path], environment: place.environment)
            #expect(leave.code == 1 && leave.error.contains("nodes still run"), "\(leave.error)")

            #expect(try await server.terminate() == 0)
            let left = try await place.run("nodes", "--format", "json")
            let gone = try JSONDecoder().decode([NodeLine].self, from: Data(left.output.utf8))
            #expect(gone.contains { $0.id == listed.first?.id && $0.state == .left }, "\(left.output)")
            let alone = try await place.run("db", "reset-clock", "--yes")
            #expect(alone.code == 0, "\(alone.error)")
        }

        @Test func `a start says which database it has, and no password`() async throws {
            let place = try await Place()
            let server = try await place.serve()
            defer { server.killHard() }
            let line = Captured("")
            // It answers a moment before it says so.
            try await eventually("the line is there") {
                let log = try String(contentsOfFile: server.logPath, encoding: .utf8)
                line.value = log.split(separator: "\n").first { $0.hasPrefix("  database") }.map(String.init) ?? ""
                return !line.value.isEmpty
            }
            let name = try #require(place.database.split(separator: "=").last)
            #expect(line.value.contains("PostgreSQL, \(name) at /"), "\(line.value)")
        }

        @Test(arguments: [
            (
                "postgresql://lk@db1.example.com:5433,db2.example.com/auth?sslmode=verify-full",
                "auth at db1.example.com:5433, db2.example.com"
            ),
            ("postgresql://lk:hunter2@db.example.com/auth?password=hunter3", "auth at db.example.com"),
            ("host=/run/postgresql dbname=auth user=lk password=hunter2", "auth at /run/postgresql"),
            ("user=lk", "the user's database at the local socket"), ("postgresql://[", ""),
        ])
        func `an address is shown without what it keeps`(url: String, expected: String) {
            let summary = PostgresAddress(url: url).summary
            #expect(summary == expected)
            #expect(!summary.contains("hunter"))
        }

        @Test(arguments: ["history", "revocation_state"])
        func `a database without the row that settling writes is not said to be settled`(table: String) async throws {
            let place = try await Place()
            try await place.fixture.folder.withKey()
            #expect(try await place.run("client", "add", "one", "--public").code == 0)
            try place.execute("DELETE FROM \(table)")
            for flag in ["--moved", "--restored"] {
                let run = try await place.run("db", "settle", flag, "--yes")
                #expect(
                    run.code == 1 && run.output.isEmpty && run.error.contains("row"), "\(run.output)\(run.error)")
            }
        }

        @Test func `settling a restored database ends what it cannot know about, and a moved one changes nothing`()
            async throws
        {
            let place = try await Place()
            let settings = ["store": "postgres", "postgres.url": place.database]
            let tokens = Captured((refresh: "", access: "", epoch: ""))
            try await withServer(settings, folder: place.fixture.folder) { server in
                try await server.addUser()
                try await server.addClient()
                let login = try await server.login()
                tokens.value = (
                    try #require(login["refresh_token"]), try #require(login["access_token"]),
                    try await server.list().epoch
                )
            }
            for wrong in [["--restored", "--moved"], [], ["--moved", "--keep-sessions"]] {
                let run = try await place.fixture.run(
                    ["db", "settle", "--data-dir", place.fixture.folder.path] + wrong, environment: place.environment)
                #expect(run.code == 2, "\(wrong)")
            }
            let unsure = try await place.run("db", "settle", "--moved")
            #expect(unsure.code == 1 && unsure.error.contains("--yes"), "\(unsure.error)")
            let moved = try await place.run("db", "settle", "--moved", "--yes")
            #expect(moved.code == 0, "\(moved.error)")
            try await withServer(settings, folder: place.fixture.folder) { server in
                #expect(
                    try await server.http.authorised("GET", "/api/v1/me", bearer: tokens.value.access).status == 200)
                let refreshed = try await server.refresh(tokens.value.refresh)
                tokens.value.refresh = try #require(refreshed["refresh_token"])
                #expect(try await server.list().epoch != tokens.value.epoch)
            }
            let restored = try await place.run("db", "settle", "--restored", "--yes")
            #expect(restored.code == 0, "\(restored.error)")
            #expect(restored.output.contains("All sessions have ended"), "\(restored.output)")
            try await withServer(settings, folder: place.fixture.folder) { server in
                let access = try await server.http.authorised("GET", "/api/v1/me", bearer: tokens.value.access)
                let refreshed = try await server.refresh(tokens.value.refresh)
                let statuses: [Int] = [access.status, refreshed.status]
                #expect(statuses == [401, 400], "\(access.text) \(refreshed.text)")
                // Nothing is issued in the second in which everything was revoked.
                try await eventually("a new session begins") { try await server.login().status == 200 }
            }
        }
    }

    extension TemporaryFolder {
        fileprivate func withKey() async throws {
            try MasterKeyFile(path: file("master.key")).write(.generate())
        }
    }

    extension CommandLineFixture {
        /// The same master key as another data directory's.
        fileprivate func withKeyOf(_ other: CommandLineFixture) throws -> CommandLineFixture {
            let ring = try MasterKeyFile(path: other.folder.file("master.key")).read()
            try MasterKeyFile(path: folder.file("master.key")).write(ring)
            return self
        }
    }
#endif
