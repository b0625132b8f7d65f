import Foundation
import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import Logging
import TestSupport
import Testing

/// What stands in the log at info: stops, failed and throttled sign-ins, replays, restores.
struct SecurityLogTests {
    private func lines(_ server: TestServer, _ message: String) -> [Logger.Metadata] {
        server.logs.entries.filter { "\($0.message)" == message && $0.level == .info }.map(\.metadata)
    }

    private func wrong(_ server: TestServer, _ name: String) async throws -> Int {
        try await server.login(name, password: "planted-secret-password").status
    }

    @Test func `failed sign-ins are logged at once and then counted, without the input`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            for _ in 0..<5 { #expect(try await wrong(server, "planted-name") == 401) }
            let first = try #require(lines(server, "Login failed").first)
            #expect(lines(server, "Login failed").count == 1)
            #expect(first["lk.count"] == "1" && first["lk.network"] == "127.0.0.1" && first["lk.client"] == "spa")
            server.services.audit.showCounted(at: nil)
            #expect(lines(server, "Login failed").map { $0["lk.count"] } == ["1", "4"])
            let everything = server.logs.entries.map { "\($0.message) \($0.metadata)" }.joined()
            #expect(!everything.contains("planted"))
        }
    }

    @Test func `throttled sign-ins are told, and a minute later the count of those since`() async throws {
        let clock = TestClock()
        try await withServer(["login.throttle.account_failures": "1"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            #expect(try await wrong(server, "ada") == 401)
            for _ in 0..<3 { #expect(try await wrong(server, "ada") == 429) }
            #expect(lines(server, "Login throttled").map { $0["lk.count"] } == ["1"])
            server.services.audit.showCounted(at: clock.now + .seconds(59))
            #expect(lines(server, "Login throttled").count == 1, "the minute is not over")
            server.services.audit.showCounted(at: clock.now + .seconds(60))
            #expect(lines(server, "Login throttled").map { $0["lk.count"] } == ["1", "2"])
        }
    }

    @Test func `a replay is logged with its session, whatever strangers do`() async throws {
        try await withServer(["trusted_proxies": "127.0.0.1"]) { server in
            try await server.addUser()
            try await server.addClient()
            // From more networks than are remembered.
            for number in 0..<300 {
                let from = [("X-Forwarded-For", "2001:db8:0:\(String(number, radix: 16))::1")]
                #expect(try await server.login("nobody", headers: from).status != 200)
            }
            let login = try await server.login()
            let old = try #require(login["refresh_token"])
            let next = try #require(try await server.refresh(old)["refresh_token"])
            #expect(try await server.refresh(next).status == 200)
            #expect(try await server.refresh(old)["latchkey_reason"] == "replayed")
            let line = try #require(lines(server, "Refresh token replayed, session ended").first)
            #expect(line["lk.session"]?.description == login["sid"])
            #expect(!"\(line)".contains("lkr_"))
        }
    }

    @Test func `strangers from many networks are bounded, and none is left out of the count`() async throws {
        try await withServer { server in
            let now = server.services.clock.now()
            for number in 0..<5000 {
                server.services.audit.show(
                    AuditEvent(.loginFailed, at: now, actor: .system, network: "10.0.\(number / 250).\(number % 250)"))
            }
            server.services.audit.showCounted(at: nil)
            let counts = lines(server, "Login failed").map { Int($0["lk.count"]?.description ?? "") ?? 0 }
            #expect(counts.count <= 258)
            #expect(counts.reduce(0, +) == 5000)
        }
    }

    @Test func `a stop says by which signal, and each JSON line has a zone`() async throws {
        let folder = try TemporaryFolder()
        let server = try await ServerProcess(
            folder: folder, port: try ServerProcess.freePort(),
            configuration: ["LATCHKEY_LOG_LEVEL": "info", "LATCHKEY_LOG_FORMAT": "json"])
        #expect(try await server.terminate() == 0)
        let lines = try String(contentsOfFile: server.logPath, encoding: .utf8).split(separator: "\n")
            .map { try StrictJSON.parseObject(Array($0.utf8)) }
        #expect(lines.allSatisfy { $0["time"]?.string?.utf8.last == UInt8(ascii: "Z") })
        let stop = try #require(lines.first { $0["message"]?.string == "Stopping" })
        #expect(stop["lk.reason"]?.string == "SIGTERM" && stop["level"]?.string == "info")
    }

    @Test(.onSQLite) func `a restore is logged at the next start`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let backup = fixture.folder.file("backup")
        #expect(try await fixture.run("db", "backup", backup).code == 0)
        func log() async throws -> String {
            let server = try await ServerProcess(
                folder: fixture.folder, port: try ServerProcess.freePort(),
                configuration: ["LATCHKEY_LOG_LEVEL": "info"])
            #expect(try await server.terminate() == 0)
            return try String(contentsOfFile: server.logPath, encoding: .utf8)
        }
        #expect(try await log().contains("restored") == false)
        let restored = try await fixture.run("db", "restore", backup, "--yes")
        #expect(restored.code == 0, "\(restored.error)")
        #expect(try await log().contains("Database was restored from a backup"))
    }
}
