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

    /// A data folder with a database file, and an empty database in PostgreSQL for it to move to.
    struct MoveFixture: Sendable {
        /// What an application and a thief hold.
        struct Tokens: Sendable {
            var refresh = ""
            var access = ""
            /// Of a session that was ended.
            var endedRefresh = ""
            var revokedAccess = ""
            var epoch = ""
            var sequence: Int64 = 0
        }

        let folder: TemporaryFolder
        let database: String

        init() async throws {
            folder = try TemporaryFolder()
            database = try await PostgresCluster.running().makeDatabase()
        }

        var path: String { folder.file("latchkey.sqlite") }
        private static let configuration = ["shared_signals.enabled": "true", "status_list.enabled": "true"]

        func withSQLite(_ body: @Sendable (TestServer) async throws -> Void) async throws {
            try await withServer(
                Self.configuration.merging(["store": "sqlite"]) { $1 }, folder: folder, body)
        }

        func withPostgres(_ body: @Sendable (TestServer) async throws -> Void) async throws {
            let postgres = ["store": "postgres", "postgres.url": database]
            try await withServer(Self.configuration.merging(postgres) { $1 }, folder: folder, body)
        }

        /// Lets a server on SQLite do something of everything.
        func fill() async throws -> Tokens {
            let kept = Captured(Tokens())
            try await withSQLite { server in
                for name in ["ada", "bob", "cyd"] {
                    try await server.addUser(name, roles: name == "ada" ? ["admin"] : [])
                }
                try await server.addClient()
                _ = try await Receiver(server)
                let ada = try await server.login("ada")
                let refreshed = try await server.refresh(try #require(ada["refresh_token"]))
                kept.value.refresh = try #require(refreshed["refresh_token"])
                kept.value.access = try #require(refreshed["access_token"])
                let bob = try await server.login("bob")
                kept.value.endedRefresh = try #require(bob["refresh_token"])
                kept.value.revokedAccess = try #require(bob["access_token"])
                let session = try #require(try Self.claims(kept.value.revokedAccess)["sid"]?.string)
                #expect(try await server.revoke("session", session).status == 201)
                #expect(try await server.revoke("user", try await user("cyd", server)).status == 201)
                #expect(try await server.login("cyd", password: "no password of hers").status == 401)
                var change = UserChange()
                change.name = "dee"
                var profile = ProfileDraft()
                profile.email = .set("Cyd@example.com")
                profile.displayName = .set("Çyd")
                _ = try await server.services.users.update("cyd", change, profile: profile, actor: .operator)
                // The last number that was given to a client belongs to none.
                let last = try await server.addClient("last")
                try await server.services.clients.delete(last.id, actor: .operator)
                let list = try await server.list()
                kept.value.epoch = list.epoch
                kept.value.sequence = list.sequence
            }
            return kept.value
        }

        private static func claims(_ token: String) throws -> JSONObject {
            let parts = token.split(separator: ".").map(String.init)
            try #require(parts.count == 3)
            return try StrictJSON.parseObject(try #require(Base64URL.decode(parts[1])))
        }

        private func user(_ name: String, _ server: TestServer) async throws -> String {
            try await server.services.users.find(name).id.description
        }

        /// The move as the command makes it.
        func move() throws -> DatabaseMove {
            let ring = try MasterKeyFile(path: folder.file("master.key")).read()
            return DatabaseMove(
                path: path, address: PostgresAddress(url: database), opens: { ring.opens(probe: $0) })
        }

        /// The program on this data directory.
        func run(_ arguments: String..., store: String = "postgres") async throws -> CommandRun {
            var environment = ["LATCHKEY_STORE": store]
            if store == "postgres" { environment["LATCHKEY_POSTGRES_URL"] = database }
            return try await CommandLineFixture(folder: folder).run(
                arguments + ["--data-dir", folder.path], environment: environment)
        }
    }

    /// All rows of all tables as text, in the same order whatever database they are from.
    struct MoveDump {
        let rows: [String: [String]]

        /// Columns that a move does not carry over as they are.
        private static let skipped = ["revocation_state": Set(["epoch", "clock_floor"])]

        private init(_ tables: [CopiedTable], _ read: TableReader) throws {
            var rows: [String: [String]] = [:]
            for table in tables {
                let left = Self.skipped[table.name] ?? []
                var found: [String] = []
                try read(table) { row in
                    let cells = zip(table.columns, table.values(row)).filter { !left.contains($0.0.name) }
                    found.append(cells.map { "\($0.0.name)=\($0.1)" }.joined(separator: " "))
                }
                rows[table.name] = found.sorted()
            }
            self.rows = rows
        }

        static func sqlite(_ path: String) throws -> (dump: MoveDump, tables: [CopiedTable]) {
            let database = try Database(path: path, access: .readWrite)
            defer { try? database.close() }
            let tables = try CopiedTable.all(in: database)
            let dump = try MoveDump(tables) { table, body in
                try database.walk("SELECT \(table.list) FROM \(table.name)", []) { row in
                    try body(row)
                    return .on
                }
            }
            return (dump, tables)
        }

        static func postgres(_ url: String, _ tables: [CopiedTable]) throws -> MoveDump {
            let connection = try PostgresConnection(PostgresAddress(url: url))
            defer { connection.close() }
            return try MoveDump(tables) { table, body in
                try connection.walk("SELECT \(table.list) FROM \(table.name)", []) { row in
                    try body(row)
                    return .on
                }
            }
        }
    }
#endif
