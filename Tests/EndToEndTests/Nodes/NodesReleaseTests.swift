#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeyPostgres
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Two releases at once on one database: the program, and one whose schema has files that the program does not know.
    @Suite(.endsHang) struct NodesReleaseTests {
        /// The newest file that the program knows.
        private static let known = Migrations.postgres.count
        private static func file(_ place: Int, _ text: String) -> Migration {
            Migration(version: known + place, name: "file\(place)", bytes: Array(text.utf8))
        }
        private static let wider = file(1, "-- expand\nALTER TABLE users ADD COLUMN extra bigint;")
        private static let narrower = file(2, "-- contract\nALTER TABLE users DROP COLUMN extra;")
        /// An entry of another kind, as a later release writes it.
        private static let another = file(
            1, "-- expand\nALTER TABLE revocations DROP CONSTRAINT revocations_kind_check;")

        private func meets(_ token: String, _ status: Int, _ nodes: TestServer...) async throws {
            for node in nodes {
                try await eventually("a node answers \(status)") {
                    try await node.http.authorised("GET", "/api/v1/me", bearer: token).status == status
                }
            }
        }

        /// `db migrate` of the later release.
        private func migrate(_ database: String) throws -> PostgresMigrator.Outcome {
            var settings = PostgresStore.Settings(PostgresAddress(url: database))
            settings.migrations += [Self.wider, Self.narrower]
            return try PostgresStore.migrate(settings)
        }

        @Test func `refreshes and revocations cross between a release and the next one, which ends the old one last`()
            async throws
        {
            let database = try await PostgresCluster.running().makeDatabase()
            let masterKey = try TemporaryFolder()
            try await withNodes(1, database: database) { nodes in
                let old = nodes[0]
                try FileManager.default.copyItem(
                    atPath: old.folder.file("master.key"), toPath: masterKey.file("master.key"))
                try await old.addUser()
                try await old.addClient()
                let first = try #require(try await old.login()["refresh_token"])
                try await withAnotherNode(
                    beside: old, database: database, later: [Self.wider, Self.narrower]
                ) { new async throws in
                    let sharing = try #require(old.services.store.sharing)
                    let schemas = try await sharing.nodes().map(\.schema)
                    #expect(schemas.sorted() == [Int64(Self.known), Int64(Self.known + 2)])
                    var token = first
                    for turn in 0..<6 {
                        let answer = try await (turn % 2 == 0 ? new : old).refresh(token)
                        token = try #require(answer["refresh_token"], "\(answer.text)")
                    }
                    for (one, other) in [(old, new), (new, old)] {
                        let access = try #require(try await one.login()["access_token"])
                        try await meets(access, 200, one, other)
                        #expect(try await other.http.authorised("POST", "/api/v1/logout", bearer: access).status == 204)
                        try await meets(access, 401, one, other)
                    }
                    try await eventually("both have the same list") {
                        try await old.list().sequence == new.list().sequence
                    }
                    // The old release still needs what the new one wants to remove.
                    let outcome = try migrate(database)
                    #expect(outcome.applied.isEmpty && outcome.waiting == "file2")
                    #expect(outcome.missing.count == 1)
                    #expect(try await old.login().status == 200)
                }
            }
            // It has gone; the next start or `db migrate` of the new one removes it.
            try await withServer(
                ["store": "postgres", "postgres.url": database], folder: masterKey,
                later: [Self.wider, Self.narrower]
            ) { new in
                let outcome = try migrate(database)
                #expect(outcome.applied.isEmpty && outcome.waiting == nil, "the start has done it")
                #expect(try await new.login().status == 200)
                // The real program is the old one.
                let run = try await BinaryRun(
                    ["serve", "--data-dir", masterKey.file("old"), "--listen", "127.0.0.1:0"], in: masterKey,
                    environment: [
                        "LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": database,
                        "LATCHKEY_ISSUER": "http://localhost:8080",
                        "LATCHKEY_MASTER_KEY_FILE": masterKey.file("master.key"),
                    ])
                #expect(run.status != 0)
                #expect(
                    run.output.utf8.contains(
                        "the database has schema \(Self.known + 2) (file2), which this program cannot".utf8),
                    "\(run.output)")
                #expect(try await new.login().status == 200)
            }
        }

        @Test func `a node answers no list that lacks an entry which it cannot read, and says why`() async throws {
            let server = try await PostgresServer.make()
            try await withNodes(
                1, database: server.url, expectFaults: true
            ) {
                nodes in
                let old = nodes[0]
                try await old.addUser()
                try await old.addClient()
                let sid = try await old.loginAndLogout()
                let list = try await old.list()
                let login = try await old.login()
                let access = try #require(login["access_token"])
                let refresh = try #require(login["refresh_token"])
                var settings = PostgresStore.Settings(PostgresAddress(url: server.url))
                settings.migrations.append(Self.another)
                #expect(try PostgresStore.migrate(settings).applied == ["file1"])
                _ = try await server.query(
                    """
                    INSERT INTO revocations (id, kind, subject, expires_at, revoked_at, reason, actor)
                    SELECT 99, 'device', 'phone', max(expires_at) + 600000, max(revoked_at), 'admin', 'operator'
                    FROM revocations
                    """)
                try await eventually("it answers no list") { try await old.http.get("/revocations").status == 503 }
                for path in ["/revocations", "/revocations?epoch=\(list.epoch)&after=\(list.sequence)"] {
                    let answer = try await old.http.get(path)
                    #expect(answer.status == 503 && answer[field: "Retry-After"] != nil, "\(answer.text)")
                }
                // Nor does it say anything about a single token.
                #expect(try await old.http.authorised("GET", "/api/v1/me", bearer: access).status == 503)
                let ready = try await old.http.get("/readyz")
                #expect(ready.status == 503)
                #expect(ready.text.utf8.contains("cannot read".utf8), "\(ready.text)")
                // What was written meanwhile comes with the rest, once all of it can be read.
                let logout = try await old.http.post("/api/v1/logout", json: ["refresh_token": .string(refresh)])
                #expect(logout.status == 503, "\(logout.text)")
                let start = try await BinaryRun(
                    ["serve", "--data-dir", old.folder.file("other"), "--listen", "127.0.0.1:0"], in: old.folder,
                    environment: [
                        "LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": server.url,
                        "LATCHKEY_ISSUER": "http://localhost:8080",
                        "LATCHKEY_MASTER_KEY_FILE": old.folder.file("master.key"),
                    ])
                #expect(start.status != 0)

                _ = try await server.query("DELETE FROM revocations WHERE id = 99")
                try await eventually("the list is answered again") {
                    try await old.http.get("/revocations").status == 200
                }
                let entries = try await old.list().entries.compactMap(\.id)
                #expect(entries.contains(sid))
                try await meets(access, 401, old)
                try await eventually("it is ready") { try await old.http.get("/readyz").status == 200 }
            }
        }
    }
#endif
