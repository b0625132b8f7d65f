import Foundation
import LatchkeyTokens
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// No more room in the middle of the work, met by the real program, and what it does when there is room again.
@Suite(.onSQLite) struct FullDiskTests {
    /// Where the room runs out.
    enum Limit: String, CaseIterable {
        /// A file may not grow beyond a size: EFBIG. Needs no rights.
        case fileSize
        /// A small file system of its own: ENOSPC.
        case fileSystem

        static let possible: [Limit] = allCases.filter { $0 == .fileSize || SmallDisk.isPossible }
    }

    @discardableResult
    private static func run(_ command: [String]) -> Int32 {
        (try? ChildProcess(command))?.wait() ?? -1
    }

    /// More than one, so that nobody's sessions end because there are too many of them.
    private static let users = (0..<16).map { "user-\($0)" }

    private static func login(_ user: String = users[0]) -> [String: JSONValue] {
        ["username": .string(user), "password": .string(TestServer.password), "client_id": "spa"]
    }

    private func refresh(_ http: TestHTTP, _ token: String) async throws -> TestResponse {
        try await http.post(
            "/oauth2/token", form: [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")])
    }

    /// Sixteen at a time, so that a batch has many, until one is refused.
    private func fill(_ http: TestHTTP) async throws -> (kept: [String], refused: [TestResponse]) {
        var kept: [String] = []
        for _ in 0..<200 {
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for user in Self.users {
                    group.addTask { try await http.post("/api/v1/login", json: Self.login(user)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            kept += answers.filter { $0.status == 200 }.compactMap { $0["refresh_token"] }
            let refused = answers.filter { $0.status != 200 }
            if !refused.isEmpty { return (kept, refused) }
        }
        Issue.record("the disk did not fill up")
        return (kept, [])
    }

    @Test(arguments: Limit.possible)
    func `a full disk refuses whole batches with 503, loses nothing, and is over when there is room`(
        limit: Limit
    ) async throws {
        let folder = try TemporaryFolder()
        if limit == .fileSystem {
            try #require(Self.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path]) == 0)
        }
        defer { if limit == .fileSystem { Self.run(["umount", "-l", folder.path]) } }
        try await withServer(folder: folder) { server in
            for user in Self.users { try await server.addUser(user) }
            try await server.addClient()
        }
        let port = try ServerProcess.freePort()
        let wrapper = limit == .fileSize ? ["prlimit", "--fsize=1048576:unlimited", "--"] : []
        let server = try await ServerProcess(
            folder: folder, port: port, configuration: ["LATCHKEY_LOG_LEVEL": "info"], wrapper: wrapper)
        let http = server.http
        let (kept, refused) = try await fill(http)
        #expect(kept.count > 16)
        for answer in refused {
            #expect(answer.status == 503, "\(answer.text)")
            #expect(answer["code"] == "temporarily_unavailable")
            #expect(Int(answer[field: "Retry-After"] ?? "") != nil)
            #expect(answer["access_token"] == nil)
        }

        let victim = try #require(kept.last)
        if limit == .fileSize { try await choke(server, victim: victim) }
        let room =
            limit == .fileSize
            ? ["prlimit", "--pid", "\(server.processID)", "--fsize=unlimited:unlimited"]
            : ["mount", "-o", "remount,size=64m", folder.path]
        #expect(Self.run(room) == 0)
        #expect(try await eventually { try await http.get("/readyz").status == 200 ? true : nil } == true)
        #expect(try await http.post("/api/v1/login", json: Self.login()).status == 200)

        // Whatever was acknowledged is there, also for a server that starts anew after a kill.
        var carried: [String] = []
        for token in kept.prefix(20) + [victim] {
            let answer = try await refresh(http, token)
            #expect(answer.status == 200, "\(answer.text)")
            if let next = answer["refresh_token"] { carried.append(next) }
        }
        server.killHard()
        let second = try await ServerProcess(folder: folder, port: port)
        for token in carried { #expect(try await refresh(second.http, token).status == 200) }
        #expect(try await second.terminate() == 0)
    }

    /// A small write may still fit where a batch did not, so the limit goes down to nothing. Needs the file size limit.
    private func choke(_ server: ServerProcess, victim: String) async throws {
        let http = server.http
        #expect(Self.run(["prlimit", "--pid", "\(server.processID)", "--fsize=4096:unlimited"]) == 0)
        // It says so where operators look, and goes on with what needs no disk.
        let ready = try await eventually {
            let answer = try await http.get("/readyz")
            return answer.status == 503 ? answer : nil
        }
        #expect(ready?.text.contains("store_writable") == true, "\(ready?.text ?? "still ready")")
        for path in ["/healthz", "/.well-known/jwks.json", "/revocations", "/metrics"] {
            #expect(try await http.get(path).status == 200, "\(path)")
        }
        // Never told that something is revoked which is not on disk (RFC 7009 2.2.1).
        let sequence = try await http.get("/revocations").integer("seq")
        let logout = try await http.post("/api/v1/logout", json: ["refresh_token": .string(victim)])
        #expect(logout.status == 503)
        let revoked = try await http.post("/oauth2/revoke", form: [("token", victim), ("client_id", "spa")])
        #expect(revoked.status == 503)
        #expect(revoked[field: "Retry-After"] != nil)
        #expect(try await http.get("/revocations").integer("seq") == sequence)

    }

    /// Readiness is worked out at most once a second, so what it says may be that old.
    private func eventually<Value>(_ ask: () async throws -> Value?) async throws -> Value? {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            if let value = try await ask() { return value }
            try await Task.sleep(for: .milliseconds(50))
        }
        return nil
    }
}
