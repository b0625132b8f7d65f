import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// The time of a refusal does not tell which accounts were moved over from another system. The clock stands still but for
/// what is waited for, so what is compared are waits and not times.
struct RefusalTimeTests {
    private static let wrong = "not-the-right-one-at-all"
    /// Of ``TestServer/password``.
    private static let bcrypt = "$2b$04$abcdefghijklmnopqrstuuJeLF17luCXTTMEhy0X9tNDmy0uJOOWW"
    private static let pbkdf2 = "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$LOJGEFOxGDvwA8PI/2VdkCHXCLDldMs2CGvMIERDmzg"

    private func add(_ lines: [(String, String)], to server: TestServer) async throws {
        let lines = lines.enumerated().map { ImportLine(number: $0 + 1, username: $1.0, passwordHash: $1.1) }
        let results = try await server.services.users.importUsers(lines, dryRun: false, actor: .operator)
        for result in results {
            guard case .imported = result.outcome else {
                Issue.record("line \(result.line) was not imported")
                return
            }
        }
    }

    /// A user with an imported hash that is said to cost so much.
    private func add(_ name: String, _ hash: String, cost: Duration, to server: TestServer) async throws {
        let user = User(
            id: .generate(at: server.services.clock.now()), name: name, normalisedName: name, roles: [],
            disabled: false,
            mustChangePassword: false, createdAt: server.services.clock.now())
        _ = try await server.services.store.importUsers(
            [UserImport(user: user, passwordHash: hash, cost: cost)], event: nil)
    }

    /// How far the clock went while somebody tried to sign in.
    private func wait(
        _ clock: TestClock, _ server: TestServer, _ name: String, _ password: String, status: Int
    ) async throws -> Duration {
        let before = clock.now
        let answer = try await server.login(name, password: password)
        #expect(answer.status == status, "\(name): \(answer.text)")
        return clock.now - before
    }

    @Test func `while an imported hash is left every refusal waits for it and no success does`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addClient()
            for name in ["ada", "bob"] { try await server.addUser(name) }
            try await server.services.users.setDisabled("bob", true, actor: .operator)
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) == .zero, "none was imported")

            try await add([("carl", Self.bcrypt), ("dora", Self.pbkdf2), ("eve", Self.bcrypt)], to: server)
            try await server.services.users.setDisabled("eve", true, actor: .operator)
            let slowest = try #require(try await server.services.store.slowestForeignHash())
            #expect(slowest > .zero && slowest <= .seconds(1), "an import measures what it brings")
            for (name, password) in [
                ("nobody", TestServer.password), ("ada", Self.wrong), ("bob", TestServer.password), ("bob", Self.wrong),
                ("carl", Self.wrong), ("carl", "wro\u{308}ng in two spellings"), ("dora", Self.wrong),
                ("eve", TestServer.password), ("eve", Self.wrong), (" outer spaces ", "x"),
                ("0193e8f0-0000-7000-8000-000000000000", "x"), ("ada", String(repeating: "p", count: 1025)),
            ] {
                #expect(try await wait(clock, server, name, password, status: 401) == slowest, "\(name)")
            }
            #expect(try await wait(clock, server, "ada", TestServer.password, status: 200) == .zero)
            #expect(try await wait(clock, server, "carl", TestServer.password, status: 200) == .zero)
            let left = try #require(try await server.services.store.slowestForeignHash())
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) == left)
            #expect(try await wait(clock, server, "dora", TestServer.password, status: 200) == .zero)
            try await server.services.users.delete("eve", actor: .operator)
            for name in ["nobody", "ada", "carl", "dora", "eve"] {
                #expect(try await wait(clock, server, name, Self.wrong, status: 401) == .zero, "the last one is gone")
            }
        }
    }

    @Test func `the wait is that of the slowest that is left, at most a second, and known after a restart`()
        async throws
    {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        try await withServer(clock: clock, folder: folder) { server in
            try await server.addClient()
            try await add("slow", Self.bcrypt, cost: .milliseconds(700), to: server)
            try await add("slower", Self.pbkdf2, cost: .seconds(30), to: server)
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) == .seconds(1))
            #expect(try await wait(clock, server, "slower", TestServer.password, status: 200) == .zero)
        }
        try await withServer(clock: clock, folder: folder) { server in
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) == .milliseconds(700))
            try await server.services.users.setPassword("slow", Password("brave-herons-count-stars"), actor: .operator)
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) == .zero)
            // There was none a moment ago; an import is noticed all the same.
            try await add([("late", Self.bcrypt)], to: server)
            #expect(try await wait(clock, server, "nobody", Self.wrong, status: 401) > .zero)
        }
    }

    // The limit only ends what hangs.
    @Test(.endsHang) func `a delayed refusal has released the hash thread and the turn of the pair`()
        async throws
    {
        let clock = TestClock()
        try await withServer(["login.throttle.account_failures": "1"], clock: clock) { server in
            try await server.addClient()
            try await add("slow", Self.bcrypt, cost: .milliseconds(700), to: server)
            clock.holdSleeps()
            async let first = server.login("ada", password: Self.wrong)
            await clock.waitForSleeper()
            #expect(server.services.health.hashing.running == 0)
            let failed = try await server.services.audit.page(
                AuditFilter(kind: .loginFailed), PageRequest(limit: 10))
            #expect(failed.items.count == 1, "the failure is on disk")
            // One attempt of a pair is past the throttle at a time: this one would wait if the first had its turn still.
            #expect(try await server.login("ada", password: Self.wrong).status == 429)
            clock.releaseSleeps()
            #expect(try await first.status == 401)
        }
    }

    @Test func `a wrong current password waits as well`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            try await add("slow", Self.bcrypt, cost: .milliseconds(300), to: server)
            let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            let before = clock.now
            let answer = try await server.http.post(
                "/api/v1/password",
                json: ["current_password": .string(Self.wrong), "new_password": "brave-herons-count-stars"],
                bearer: bearer)
            #expect(answer.status != 200)
            #expect(clock.now - before == .milliseconds(300))
        }
    }
}
