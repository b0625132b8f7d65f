import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import Logging
import Synchronization
import TestSupport
import Testing

/// What is in the password column, and what becomes of it: rehashing, imports, and rows that somebody has doctored.
struct StoredHashTests {
    private func credential(_ server: TestServer, _ name: String = "ada") async throws -> PasswordCredential {
        let user = try await server.services.users.find(name)
        return try #require(try await server.services.store.loginRecord(user: user.id)?.credential)
    }

    private func cost(_ memory: Int, _ iterations: Int) -> [String: String] {
        ["password.argon2.memory_kib": "\(memory)", "password.argon2.iterations": "\(iterations)"]
    }

    /// What one server leaves to the next.
    private struct Kept {
        var token = ""
        var stored: PasswordCredential?
    }

    @Test func `a login brings a weaker hash up to the policy and ends nothing`() async throws {
        let folder = try TemporaryFolder()
        let kept = Mutex(Kept())
        try await withServer(cost(64, 1), folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["refresh_token"])
            let stored = try await credential(server)
            #expect(stored.hash.hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"))
            kept.withLock { $0 = Kept(token: token, stored: stored) }
        }
        try await withServer(cost(128, 2), folder: folder) { server in
            let before = kept.withLock { $0 }
            #expect(try await server.login(password: "not-the-right-one-at-all").status == 401)
            #expect(try await credential(server) == before.stored, "a wrong password rehashes nothing")
            #expect(try await server.login().status == 200)
            let stronger = try await credential(server)
            #expect(stronger.hash.hasPrefix("$argon2id$v=19$m=128,t=2,p=1$"))
            #expect(stronger.version == before.stored?.version)
            let refreshed = try await server.refresh(before.token)
            #expect(refreshed.status == 200, "sessions live on")
            let token = try #require(refreshed["refresh_token"])
            #expect(try await server.login().status == 200)
            #expect(try await credential(server) == stronger, "once is enough")
            kept.withLock { $0 = Kept(token: token, stored: stronger) }
        }
        try await withServer(cost(64, 1), folder: folder) { (server) async throws in
            let before = kept.withLock { $0 }
            #expect(try await server.login().status == 200)
            #expect(try await credential(server) == before.stored, "a stronger hash stays")
            #expect(try await server.refresh(before.token).status == 200)
        }
    }

    /// All of ``TestServer/password``, made by perl's crypt and Python's hashlib.
    private static let foreign = [
        "$2b$04$abcdefghijklmnopqrstuuJeLF17luCXTTMEhy0X9tNDmy0uJOOWW",
        "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$s8A3rXDdPFDOG7rvLn18vdF8wN39GvE+B6j9dPaB4Iw",
        "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$LOJGEFOxGDvwA8PI/2VdkCHXCLDldMs2CGvMIERDmzg",
        "$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg$"
            + "jSPYFruLywa9FxV/e.EzTzi/NvXHq0wC7Qy90NLTb9S4b9IfN6l3t5FaeUHv4CZMH7uPmvJdv0uSDbO00qhWzg",
        "pbkdf2_sha256$1000$saltsaltsalt$wViPlFye5fcgj/TX0l3RQKue2JTVVEXA9s+BOMxLRx8=",
    ]

    private func administrator(_ server: TestServer) async throws -> String {
        try await server.addClient()
        try await server.addUser("root", roles: ["admin"])
        try await server.addClient("console", scope: "latchkey:admin")
        return try #require(try await server.login("root", client: "console", scope: "latchkey:admin")["access_token"])
    }

    private func importLines(
        _ server: TestServer, bearer: String, _ lines: [(String, String)], dryRun: Bool = false
    ) async throws -> [String] {
        let body = JSONWriter.object { json in
            json.member("dry_run", dryRun)
            json.member(
                "lines",
                array: { json in
                    for (name, hash) in lines {
                        json.object { line in
                            line.member("name", name)
                            line.member("password_hash", hash)
                        }
                    }
                })
        }
        let response = try await server.http.send(
            "POST", "/api/v1/admin/users/import",
            headers: [("Authorization", "Bearer \(bearer)"), ("Content-Type", "application/json")], body: body)
        #expect(response.status == 200, "\(response.text)")
        let results = try #require(response.json.object?["results"]?.array).compactMap(\.object)
        return results.compactMap { $0["outcome"]?.string }
    }

    @Test func `imported hashes verify once and turn into Argon2id`() async throws {
        try await withServer { server in
            let bearer = try await administrator(server)
            let lines = Self.foreign.enumerated().map { ("user\($0)", $1) }
            #expect(try await importLines(server, bearer: bearer, lines, dryRun: true) == lines.map { _ in "imported" })
            #expect(try await server.login("user0").status == 401, "a dry run writes nothing")
            #expect(try await importLines(server, bearer: bearer, lines) == lines.map { _ in "imported" })
            #expect(try await importLines(server, bearer: bearer, lines) == lines.map { _ in "already_exists" })
            for (name, hash) in lines {
                #expect(try await server.login(name, password: "not-the-right-one-at-all").status == 401)
                #expect(
                    try await credential(server, name).hash == hash,
                    "a wrong password leaves the row: \(hash.prefix(16))")
                #expect(try await server.login(name).status == 200, "\(hash.prefix(16))")
                let turned = try await credential(server, name)
                #expect(turned.hash.hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"), "\(hash.prefix(16))")
                #expect(turned.version == 1)
                #expect(try await server.login(name).status == 200)
                #expect(try await credential(server, name) == turned)
                #expect(try await server.login(name, password: "not-the-right-one-at-all").status == 401)
            }
        }
    }

    @Test func `lines that cannot be imported are reported and do not stop the others`() async throws {
        try await withServer { server in
            let bearer = try await administrator(server)
            let outcomes = try await importLines(
                server, bearer: bearer,
                [
                    ("costly", Self.foreign[0].replacing("$04$", with: "$15$")),
                    ("costlier", Self.foreign[1].replacing("ln=4", with: "ln=30")),
                    ("endless", Self.foreign[2].replacing("$1000$", with: "$10000001$")),
                    ("huge", "$argon2id$v=19$m=4194305,t=1,p=1$c29tZXNhbHQ$" + String(repeating: "A", count: 43)),
                    ("plain", TestServer.password), ("md5", "5f4dcc3b5aa765d61d8327deb882cf99"),
                    (" spaces ", Self.foreign[0]),
                    ("fine", Self.foreign[0]),
                ])
            #expect(outcomes == Array(repeating: "refused", count: 7) + ["imported"])
            #expect(try await server.login("fine").status == 200)
            #expect(try await server.login("costly").status == 401)
        }
    }

    @Test func `a doctored row answers like a wrong password and its hash is in no log`() async throws {
        let salt = "c2FsdHNhbHRzYWx0"
        let tag = String(repeating: "dGFn", count: 10) + "dGE"
        let doctored = [
            "$argon2id$v=19$m=4194305,t=1,p=1$\(salt)$\(tag)",
            "$argon2id$v=19$m=4294967295,t=4294967295,p=1$\(salt)$\(tag)",
            "$argon2id$v=19$m=64,t=65,p=1$\(salt)$\(tag)", "$argon2id$v=19$m=64,t=1,p=255$\(salt)$\(tag)",
            "$argon2id$v=19$m=8,t=1,p=2$\(salt)$\(tag)", "$argon2id$v=19$m=-1,t=1,p=1$\(salt)$\(tag)",
            "$argon2id$v=19$m=99999999999999999999,t=1,p=1$\(salt)$\(tag)",
            "$argon2id$v=16$m=64,t=1,p=1$\(salt)$\(tag)",
            "$argon2id$v=19$m=64,t=1,p=1$\(salt)$", "$argon2id$v=19$m=64,t=1,p=1$\(salt)", "$argon2id$\(salt)", "$",
            salt,
            "$2b$31$" + String(repeating: "a", count: 53), "$scrypt$ln=30,r=8,p=1$\(salt)$\(tag)",
            "$pbkdf2-sha256$4294967295$\(salt)$\(tag)", TestServer.password, String(repeating: "x", count: 100_000),
        ]
        try await withServer(clock: TestClock(), expectFaults: true) { server in
            try await server.addUser("control")
            try await server.addClient()
            let wrong = try await server.login("control", password: "not-the-right-one-at-all")
            for (number, hash) in doctored.enumerated() {
                let user = try await server.addUser("user\(number)")
                try await server.services.store.rehashPassword(user.id, hash: hash, ifVersion: 1)
                server.logs.clear()
                let hashed = server.services.health.hashing.completed
                let response = try await server.login("user\(number)")
                #expect(response.status == 401, "\(hash.prefix(40))")
                #expect(response.body == wrong.body, "\(hash.prefix(40))")
                #expect(
                    server.services.health.hashing.completed == hashed + 1, "the work of any other: \(hash.prefix(40))")
                #expect(try await credential(server, "user\(number)").hash == hash)
                let lines = server.logs.entries.map { "\($0.message) \($0.metadata) \($0.error.map { "\($0)" } ?? "")" }
                #expect(server.logs.entries.contains { $0.level == .error }, "the operator is told: \(hash.prefix(40))")
                #expect(!lines.contains { $0.contains(salt) || $0.contains(tag) || $0.contains(TestServer.password) })
                #expect(!lines.contains { $0.contains("xxxxxxxx") || $0.contains("aaaaaaaa") })
            }
            #expect(try await server.login("control").status == 200)
        }
    }
}
