import Argon2
import AsyncHTTPClient
import Dispatch
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// More logins than can be hashed: the short form of what the benchmark measures, for correctness alone.
struct LoginFloodTests {
    private static let users = (0..<12).map { "person-\($0)" }
    /// A hash takes some milliseconds, so that a queue builds, on one thread that may be waited for so briefly.
    private static let settings = [
        "password.argon2.memory_kib": "19456", "login.hash_threads": "1", "login.max_queue_wait": "300ms",
    ]
    private static let longestWait = 0.3

    /// As a crowd of clients sends them: each login on a connection of its own.
    private func withCrowd(
        _ more: [String: String] = [:], _ body: @escaping @Sendable (TestServer, TestHTTP) async throws -> Void
    ) async throws {
        try await withServer(Self.settings.merging(more) { _, given in given }) { server in
            for user in Self.users { try await server.addUser(user) }
            try await server.addClient()
            var many = HTTPClient.patience
            many.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 128
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: many)
            do {
                try await body(server, TestHTTP(base: server.http.base, client: client))
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }

    private func login(_ http: TestHTTP, _ name: String, _ password: String = TestServer.password) async throws
        -> TestResponse
    {
        try await http.post(
            "/api/v1/login",
            json: ["username": .string(name), "password": .string(password), "client_id": .string("spa")])
    }

    /// What others want meanwhile.
    private func serveOthers(_ server: TestServer, _ token: inout String) async throws {
        for path in ["/.well-known/jwks.json", "/revocations", "/healthz"] {
            #expect(try await server.http.get(path).status == 200, "\(path)")
        }
        let refreshed = try await server.refresh(token)
        #expect(refreshed.status == 200, "\(refreshed.text)")
        token = try #require(refreshed["refresh_token"])
    }

    private func expectEarlyRefusal(_ answer: TestResponse) {
        #expect(answer.status == 503 || answer.status == 429, "\(answer.status)")
        #expect(answer[field: "Content-Type"] == "application/problem+json")
        #expect(answer["code"] == (answer.status == 503 ? "overloaded" : "too_many_attempts"))
        let seconds = answer[field: "Retry-After"].flatMap { Int($0) } ?? 0
        #expect((1...900).contains(seconds), "\(seconds)")
    }

    /// - Parameter others: a session that is not of the flood.
    private func expectSessions(_ server: TestServer, ofThe accepted: [TestResponse], besides others: String)
        async throws
    {
        let stored = try await server.services.store.sessions(SessionFilter(), page: PageRequest(limit: 1000)).items
        let begun = try accepted.map { try #require($0["sid"]) }
        #expect(stored.map(\.session.id.description).sorted() == (begun + [others]).sorted())
    }

    private func gauge(_ name: String, _ server: TestServer) async throws -> Int? {
        let lines = try await server.http.get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    private func expectCalm(_ server: TestServer, _ http: TestHTTP) async throws {
        #expect(try await gauge("latchkey_hash_queue", server) == 0)
        #expect(try await gauge("latchkey_hash_running", server) == 0)
        #expect(try await login(http, Self.users[0]).status == 200)
    }

    @Test func `what cannot be hashed in time is refused while it cannot, and the rest begins one session each`()
        async throws
    {
        try await withCrowd { server, http in
            let bystander = try await login(http, Self.users[0])
            var token = try #require(bystander["refresh_token"])
            let pool = server.services.hashPool
            let before = pool.statistics
            // No job ends while this one holds the only thread: how many may wait is then a matter of arithmetic.
            let gate = DispatchSemaphore(value: 0)
            let held = Task { try await pool.run(group: FairnessGroup("held")) { _ in gate.wait() } }
            defer { gate.signal() }
            try await eventually("the thread is held") { pool.statistics.running == 1 }
            let attempts = Self.users.flatMap { [String](repeating: $0, count: 10) }
            let flood = Task {
                try await withThrowingTaskGroup(of: TestResponse.self) { group in
                    for name in attempts { group.addTask { try await login(http, name) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            try await eventually("all are queued or refused") {
                let now = pool.statistics
                return now.queued + now.refused - before.refused == attempts.count
            }
            let waiting = pool.statistics.queued
            let mean = try #require(before.meanJobSeconds)
            #expect(Double(waiting) * mean <= Self.longestWait)
            #expect(waiting < attempts.count)
            #expect(try await gauge("latchkey_hash_queue", server) == waiting)
            try await serveOthers(server, &token)

            gate.signal()
            try await held.value
            let answers = try await flood.value
            let accepted = answers.filter { $0.status == 200 }
            #expect(accepted.count == waiting)
            for answer in answers where answer.status != 200 { expectEarlyRefusal(answer) }
            try await expectSessions(server, ofThe: accepted, besides: try #require(bystander["sid"]))
            try await expectCalm(server, http)
        }
    }

    @Test
    func `a flood of right, wrong and invented logins gets answers that clients can act on, and others are served`()
        async throws
    {
        try await withCrowd(["login.throttle.account_failures": "2"]) { server, http in
            let bystander = try await login(http, Self.users[0])
            var token = try #require(bystander["refresh_token"])
            // Nothing is hashed until somebody has been turned away, however slowly the crowd comes.
            let pool = server.services.hashPool
            let gate = DispatchSemaphore(value: 0)
            let held = Task { try await pool.run(group: FairnessGroup("held")) { _ in gate.wait() } }
            defer { gate.signal() }
            try await eventually("the thread is held") { pool.statistics.running == 1 }
            let before = pool.statistics
            let flood = Task {
                try await withThrowingTaskGroup(of: [TestResponse].self) { group in
                    for number in 0..<60 {
                        group.addTask {
                            var answers: [TestResponse] = []
                            for round in 0..<4 {
                                let (name, password) =
                                    switch number % 4 {
                                    case 0: (Self.users[1], "not-the-right-one-at-all")
                                    case 1: ("invented-\(number)-\(round)", TestServer.password)
                                    default: (Self.users[2 + number % 10], TestServer.password)
                                    }
                                answers.append(try await login(http, name, password))
                            }
                            return answers
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
            }
            try await eventually("somebody is turned away") { pool.statistics.refused > before.refused }
            gate.signal()
            try await held.value
            for _ in 0..<20 { try await serveOthers(server, &token) }
            let answers = try await flood.value
            let accepted = answers.filter { $0.status == 200 }
            let wrong = answers.filter { $0.status == 401 }
            #expect(!accepted.isEmpty)
            for answer in wrong { #expect(answer["code"] == "invalid_credentials") }
            for answer in answers where answer.status != 200 && answer.status != 401 { expectEarlyRefusal(answer) }
            #expect(answers.contains { $0.status == 503 })
            #expect(
                pool.statistics.completed - before.completed == accepted.count + wrong.count + 1,
                "what is refused costs no hash")
            try await expectSessions(server, ofThe: accepted, besides: try #require(bystander["sid"]))
            try await expectCalm(server, http)
        }
    }
}
