import Foundation
import LatchkeyCore
import LatchkeyMigrations
import LatchkeyTokens
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

struct MigratorTests {
    private let now = Timestamp(seconds: 1_795_420_800)

    private func schema(_ database: Database) throws -> [String] {
        try database.all("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name") { row -> String in row[0]
        }
    }

    @Test func `the index lists exactly the files of the folder`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Migrations/sqlite")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == Migrations.sqlite.map(\.fileName))
        for migration in Migrations.sqlite {
            let text = try String(contentsOf: folder.appendingPathComponent(migration.fileName), encoding: .utf8)
            #expect(migration.sql == text)
        }
        #expect(Migrations.sqlite.map(\.version) == Array(1...Migrations.sqlite.count))
    }

    @Test(arguments: 0..<Migrations.sqlite.count)
    func `every earlier state is brought up to date`(applied: Int) async throws {
        let fresh = try DatabasePlace()
        try await fresh.open().shutdown()
        let place = try DatabasePlace()
        if applied > 0 {
            try place.edit { database in
                try Migrator(Array(Migrations.sqlite.prefix(applied))).run(on: database, applyPending: true, now: now)
            }
        }
        try await place.open().shutdown()
        var expected: [String] = []
        try fresh.edit { expected = try schema($0) }
        try place.edit { try #expect(schema($0) == expected) }
        #expect(try place.problems() == [])
    }

    @Test func `hashes that were imported before any was measured count as the slowest`() async throws {
        for (hash, cost) in [("$argon2id$v=19$m=64,t=1,p=1$c2FsdA$dGFn", nil), ("$2b$12$abc", Duration.seconds(1))] {
            let place = try DatabasePlace()
            let before = Migrations.sqlite.filter { $0.version < 12 }
            try place.edit { database in
                try Migrator(before).run(on: database, applyPending: true, now: now)
                let id = [UInt8](repeating: 7, count: 16)
                try database.run(
                    """
                    INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
                    VALUES (?, 'ada', 'ada', '', 0, 0, 1)
                    """, [id])
                try database.run("INSERT INTO passwords VALUES (?, ?, 1, 1)", [id, hash])
            }
            let store = try place.open()
            #expect(try await store.slowestForeignHash() == cost)
            await store.shutdown()
        }
    }

    /// As a client stood in its own columns, lists one element a line.
    private static let columns = """
        INSERT INTO clients (id, kind, first_party, disabled, origins, redirect_uris, login_uri, audiences, scope, grants,
            algorithm, access_lifetime, idle_lifetime, absolute_lifetime, created_at, issued_before, sessions_ended_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// A database of the schema before settings were JSON, with what `fill` puts into it.
    private func placeBeforeSettings(_ fill: (Database) throws -> Void) throws -> DatabasePlace {
        let place = try DatabasePlace()
        try place.edit { database in
            try Migrator(Migrations.sqlite.filter { $0.version < 13 }).run(
                on: database, applyPending: true, now: now)
            try fill(database)
        }
        return place
    }

    @Test func `a client in columns reads the same as settings, its state and secrets too`() async throws {
        let place = try placeBeforeSettings { database in
            try database.run(
                Self.columns,
                [
                    "app", "confidential", true, true, "https://a.example\nhttps://b.example", "https://a.example/cb",
                    "https://a.example/login", "https://api.example\nurn:x", "openid orders:read",
                    "refresh_token\nclient_credentials", "EdDSA", Int64(60_000), Int64(3_600_000), Int64(86_400_000),
                    Int64(5_000), Int64(7), Int64(8_000),
                ])
            try database.run("INSERT INTO client_secrets VALUES (1, 5, ?, NULL)", [[1, 2, 3] as [UInt8]])
            try database.run(
                Self.columns,
                [
                    "bare", "public", false, false, "", "", String?.none, "", String?.none, "", String?.none,
                    Int64?.none, Int64?.none, Int64?.none, Int64(6_000), Int64?.none, Int64?.none,
                ])
        }
        let store = try place.open()
        let expected = Client(
            id: try #require(ClientID("app")), kind: .confidential,
            settings: ClientSettings {
                $0.firstParty = true
                $0.origins = ["https://a.example", "https://b.example"]
                $0.redirectURIs = ["https://a.example/cb"]
                $0.loginURI = "https://a.example/login"
                $0.audiences = ["https://api.example", "urn:x"]
                $0.scope = Scope("openid orders:read")
                $0.grants = [.refreshToken, .clientCredentials]
                $0.algorithm = .edDSA
                $0.accessLifetime = .seconds(60)
                $0.idleLifetime = .seconds(3600)
                $0.absoluteLifetime = .seconds(86400)
                // Its users were never asked.
                $0.consent = .never
            }, disabled: true, createdAt: Timestamp(seconds: 5), issuedBefore: 7,
            sessionsEndedAt: Timestamp(seconds: 8))
        #expect(try await store.client(expected.id) == expected)
        let bare = Client(
            id: try #require(ClientID("bare")), kind: .public,
            settings: ClientSettings {
                $0.consent = .never
                // The scope that clients without a list had until then.
                $0.scope = Scope("openid profile email offline_access latchkey:account")
            },
            createdAt: Timestamp(seconds: 6))
        #expect(try await store.client(bare.id) == bare)
        #expect(try await store.clientSecrets()[expected.id]?.map(\.sealed) == [[1, 2, 3]])
        #expect(try await store.clients(page: PageRequest()).items.map(\.id.description) == ["bare", "app"])
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `text of every kind goes through the migration byte for byte`() throws {
        let odd = [
            "\"", "\\", "\\n", "\\\"", "a\"b", "\u{301}", "e\u{301}", "\u{E9}", "x\u{200D}\u{1F468}", "\t\u{7}\r", "{}",
            "[\"x\"]", "null", "'", "%_", "\u{7F}\u{85}\u{2028}", "\u{FEFF}", "\",\"",
        ]
        let list = odd.joined(separator: "\n")
        let place = try placeBeforeSettings { database in
            for (number, text) in odd.enumerated() {
                try database.run(
                    Self.columns,
                    [
                        "c\(number)", "public", false, false, list, "", text, text, text, "refresh_token\nurn:\(text)",
                        text, Int64?.none, Int64?.none, Int64?.none, Int64(1), Int64?.none, Int64?.none,
                    ])
            }
        }
        try place.edit { database in
            try Migrator().run(on: database, applyPending: true, now: now)
            let stored = try database.all("SELECT settings FROM clients ORDER BY number") { $0.bytes(0) }
            for (text, bytes) in zip(odd, stored) {
                let json = try StrictJSON.parseObject(bytes)
                func expect(_ value: [String]?, _ expected: [String], _ line: Int = #line) {
                    #expect(
                        value?.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(text.debugDescription)")
                }
                expect(json["origins"]?.strings, odd)
                expect(json["redirect_uris"]?.strings, [])
                expect(json["audiences"]?.strings, [text])
                expect(json["grants"]?.strings, ["refresh_token", "urn:\(text)"])
                for name in ["login_uri", "scope", "algorithm"] { expect(json[name]?.string.map { [$0] }, [text]) }
                #expect(json["access_ttl_seconds"] == nil)
            }
            #expect(stored.count == odd.count)
        }
    }

    @Test func `sessions of a client are there after its row was changed`() async throws {
        let place = try placeBeforeSettings { database in
            let id = [UInt8](repeating: 7, count: 16)
            try database.run(
                """
                INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
                VALUES (?, 'ada', 'ada', '', 0, 0, 1)
                """, [id])
            try database.run(
                Self.columns,
                [
                    "app", "public", false, false, "", "", String?.none, "", String?.none, "refresh_token",
                    String?.none,
                    Int64?.none, Int64?.none, Int64?.none, Int64(1), Int64?.none, Int64?.none,
                ])
            try database.run(
                """
                INSERT INTO sessions (id, user_id, client_number, transport, scope, nonce, created_at, expires_at,
                    authentication_methods, network, current_generation, held_generation, rotated_at, recoveries,
                    recovery_window_start) VALUES (?, ?, 1, 0, 'openid', ?, 1, 2, 'pwd', '::1', 1, 0, 1, 0, 1)
                """, [id, id, id])
            try database.run("UPDATE session_count SET sessions = 1")
        }
        try place.edit { database in
            try Migrator().run(on: database, applyPending: true, now: now)
            let sessions = try database.all("SELECT client_number FROM sessions") { row -> Int64 in row[0] }
            #expect(sessions == [1])
        }
        let store = try place.open()
        let sessions = try await store.sessions(SessionFilter(), page: PageRequest()).items
        #expect(sessions.map(\.client.id.description) == ["app"])
        #expect(sessions.first?.client.grants == [.refreshToken])
        await store.shutdown()
    }

    @Test func `settings that cannot be read are named by a check, and the client is refused`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let id = try #require(ClientID("app"))
        try await store.createClient(
            Client(id: id, kind: .public, settings: ClientSettings(defaultsFor: .public), createdAt: now), secret: nil,
            event: AuditEvent(.clientCreated, at: now, actor: .operator))
        await store.shutdown()
        for text in ["[]", #"{"algorithm":"ML-DSA-44"}"#, #"{"a":1,"a":2}"#] {
            try place.edit { try $0.run("UPDATE clients SET settings = ?", [text]) }
            #expect(try place.problems().first?.contains("the settings of the client app cannot be read") == true)
            let reopened = try place.open()
            let client = try #require(try await reopened.client(id))
            #expect(client.disabled && client.problem != nil && client.grants.isEmpty)
            await reopened.shutdown()
        }
    }

    @Test func `an older database is refused unless migrating is allowed`() throws {
        let place = try DatabasePlace()
        try place.edit { database in
            try Migrator(Array(Migrations.sqlite.prefix(2))).run(on: database, applyPending: true, now: now)
        }
        var settings = place.settings
        settings.schema = .requireCurrent
        let error = try #require(#expect(throws: MigrationError.self) { _ = try place.open(settings) })
        #expect(error == .pending(applied: 2, known: Migrations.sqlite.count))
        #expect(error.description.contains("latchkey db migrate"))
    }

    @Test func `a database that does not exist is created in full by any command`() async throws {
        let place = try DatabasePlace()
        var settings = place.settings
        settings.schema = .requireCurrent
        try await place.open(settings).shutdown()
        try await place.open(settings).shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a newer database is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        let known = Migrations.sqlite.count
        try place.edit {
            try $0.run("INSERT INTO schema_migrations VALUES (?, 'future', 'x', 0)", [known + 1])
        }
        #expect(throws: MigrationError.newer(applied: known + 1, known: known)) { _ = try place.open() }
    }

    @Test func `an altered migration is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        try place.edit { try $0.run("UPDATE schema_migrations SET checksum = 'x' WHERE version = 3") }
        #expect(throws: MigrationError.altered(version: 3, name: "sessions")) { _ = try place.open() }
    }

    @Test func `a missing migration is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        try place.edit { try $0.run("DELETE FROM schema_migrations WHERE version = 3") }
        #expect(throws: MigrationError.gap(version: 3)) { _ = try place.open() }
    }

    @Test func `a database of another program is refused and left alone`() throws {
        let place = try DatabasePlace()
        try place.edit { try $0.run("CREATE TABLE something_else (x)") }
        #expect(throws: MigrationError.foreign) { _ = try place.open() }
        try place.edit { database in
            try #expect(schema(database) == ["CREATE TABLE something_else (x)"])
            let mode = try database.first("PRAGMA journal_mode") { row -> String in row[0] }
            #expect(mode == "delete")
        }
    }

    @Test func `a migration that fails leaves nothing of itself`() throws {
        let place = try DatabasePlace()
        let broken = Migration(
            version: 2, name: "broken", bytes: Array("CREATE TABLE half (x); CREATE TABLE half (x);".utf8))
        try place.edit { database in
            let migrator = Migrator([Migrations.sqlite[0], broken])
            #expect(throws: DatabaseError.self) { try migrator.run(on: database, applyPending: true, now: now) }
            let applied = try migrator.appliedCount(in: database)
            #expect(applied == 1)
            let isHalfDone = try database.tableExists("half")
            #expect(!isHalfDone)
        }
    }

    @Test func `a file that is no database is refused with a sentence`() throws {
        let place = try DatabasePlace()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: place.path))
        let error = try #require(#expect(throws: StoreUnavailable.self) { _ = try place.open() })
        #expect(error.description.contains("damaged"))
    }
}
