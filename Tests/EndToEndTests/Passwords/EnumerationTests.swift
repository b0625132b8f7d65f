import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Nobody learns from an answer, or from the work behind it, which names exist.
struct EnumerationTests {
    /// Names that cannot sign in with the right password, each for another reason.
    private static let names: [(why: String, name: String, password: String)] = [
        ("wrong password", "ada", "not-the-right-one-at-all"),
        ("unknown user", "nobody", TestServer.password),
        ("disabled user", "bob", TestServer.password),
        ("disabled user, wrong password", "bob2", "not-the-right-one-at-all"),
        ("doctored row", "eve", TestServer.password),
        ("imported row", "imported", "not-the-right-one-at-all"),
        ("form of an id", "0193e8f0-0000-7000-8000-000000000000", TestServer.password),
        ("outer spaces", " ada2 ", TestServer.password),
        ("a control character", "ada\u{7}", TestServer.password),
        ("129 characters", String(repeating: "n", count: 129), TestServer.password),
        ("password too long", "ada3", String(repeating: "p", count: 1025)),
        ("password of one letter", "ada4", "x"),
    ]

    private func populate(_ server: TestServer) async throws {
        try await server.addClient()
        for name in ["ada", "ada2", "ada3", "ada4", "bob", "bob2", "eve"] { try await server.addUser(name) }
        for name in ["bob", "bob2"] { try await server.services.users.setDisabled(name, true, actor: .operator) }
        let eve = try await server.services.users.find("eve")
        try await server.services.store.rehashPassword(eve.id, hash: "$argon2id$nonsense", ifVersion: 1)
        let bcrypt = "$2b$04$abcdefghijklmnopqrstuuJeLF17luCXTTMEhy0X9tNDmy0uJOOWW"
        let imported = User(
            id: .generate(at: server.services.clock.now()), name: "imported", normalisedName: "imported", roles: [],
            disabled: false, mustChangePassword: false, createdAt: server.services.clock.now())
        // With a cost that does not depend on the machine: each refusal moves the clock by it.
        let outcomes = try await server.services.store.importUsers(
            [UserImport(user: imported, passwordHash: bcrypt, cost: .milliseconds(1))], event: nil)
        #expect(outcomes == [.imported])
    }

    private func failures(_ server: TestServer) async throws -> Int {
        let filter = AuditFilter(kind: .loginFailed)
        return try await server.services.audit.page(filter, PageRequest(limit: 1000)).items.reduce(0) { $0 + $1.count }
    }

    private func throttled(_ server: TestServer) async throws -> Int {
        let filter = AuditFilter(kind: .loginThrottled)
        return try await server.services.audit.page(filter, PageRequest(limit: 1000)).items.reduce(0) { $0 + $1.count }
    }

    /// Status, body and fields without what differs at every request.
    private func shape(_ response: TestResponse) -> [String] {
        let varying: Set = ["x-request-id", "date"]
        let fields = response.fields.filter { !varying.contains($0.name.lowercased()) }.map {
            "\($0.name): \($0.value)"
        }
        return ["\(response.status)", response.text] + fields
    }

    @Test func `every failed login has the same answer and the same work behind it`() async throws {
        // The doctored row is a fault in the log, which is the only place that tells.
        try await withServer(clock: TestClock(), expectFaults: true) { server in
            try await populate(server)
            var first: [String]?
            for (why, name, password) in Self.names {
                let jobs = server.services.health.hashing.completed
                let noted = try await failures(server)
                let writes = try await server.services.store.statistics().commits.transactions
                let response = try await server.login(name, password: password)
                #expect(response.status == 401, "\(why)")
                #expect(response["code"] == "invalid_credentials", "\(why)")
                #expect(shape(response) == first ?? shape(response), "\(why)")
                first = shape(response)
                #expect(server.services.health.hashing.completed == jobs + 1, "one password is hashed: \(why)")
                #expect(try await failures(server) == noted + 1, "one failure is noted: \(why)")
                let after = try await server.services.store.statistics().commits.transactions
                // A node also writes for itself, such as who polls.
                #expect(TestStore.isPostgres ? after > writes : after == writes + 1, "one write: \(why)")
            }
        }
    }

    @Test func `every throttled login has the same answer and hashes nothing`() async throws {
        let clock = TestClock()
        let limit = 2
        try await withServer(["login.throttle.account_failures": "\(limit)"], clock: clock, expectFaults: true) {
            server in
            try await populate(server)
            for (_, name, password) in Self.names {
                for _ in 0..<limit { _ = try await server.login(name, password: password) }
            }
            var first: [String]?
            for (why, name, password) in Self.names {
                let jobs = server.services.health.hashing.completed
                let noted = try await throttled(server)
                let response = try await server.login(name, password: password)
                #expect(response.status == 429, "\(why)")
                #expect(response[field: "Retry-After"] == "1", "\(why)")
                #expect(shape(response) == first ?? shape(response), "\(why)")
                first = shape(response)
                #expect(server.services.health.hashing.completed == jobs, "nothing is hashed: \(why)")
                #expect(try await throttled(server) == noted + 1, "the delay is noted: \(why)")
            }
            // The next delay is the same for all of them too.
            clock.advance(by: .seconds(1))
            for (why, name, password) in Self.names {
                #expect(try await server.login(name, password: password).status == 401, "\(why)")
                #expect(try await server.login(name, password: password)[field: "Retry-After"] == "2", "\(why)")
            }
        }
    }

    @Test func `spellings of one name count as one account`() async throws {
        try await withServer(["login.throttle.account_failures": "3"], clock: TestClock()) { server in
            try await server.addClient()
            for spelling in ["Zoe\u{308}", "ZO\u{CB}", "zo\u{EB}"] {
                #expect(try await server.login(spelling, password: "wrong").status == 401)
            }
            #expect(try await server.login("zoë", password: "wrong").status == 429)
        }
    }

    @Test func `introspection of unknown and foreign clients tells nothing`() async throws {
        try await withServer { server in
            try await server.addConfidentialClient("known")
            var bodies: Set<String> = []
            for id in ["known", "unknown", "not a client id", String(repeating: "x", count: 100)] {
                let form = [("client_id", id), ("client_secret", "wrong"), ("token", "x")]
                let response = try await server.http.post("/oauth2/introspect", form: form)
                #expect(response.status == 401)
                bodies.insert(response.text)
            }
            #expect(bodies.count == 1)
        }
    }
}
