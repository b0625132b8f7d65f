import Foundation
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestSupport
import Testing
import latchkey

/// A client whose stored settings this program cannot read, as after a downgrade: it is refused, its neighbours are not.
@Suite(.onSQLite) struct UnreadableClientTests {
    private func spoil(_ client: String, _ fixture: CommandLineFixture) async throws {
        let script = """
            import sqlite3, sys
            base = sqlite3.connect(sys.argv[1])
            base.execute("UPDATE clients SET settings = ? WHERE id = ?", ('{"algorithm":"ML-DSA-44"}', sys.argv[2]))
            base.commit()
            """
        let edit = try ChildProcess([
            "/usr/bin/python3", "-c", script, fixture.folder.path + "/latchkey.sqlite", client,
        ])
        #expect(try await edit.exit() == 0)
    }

    private func prepared() async throws -> CommandLineFixture {
        let fixture = try CommandLineFixture()
        try await withServer(folder: fixture.folder) { server in
            try await server.addUser()
            try await server.addClient("good", origins: ["https://good.example"])
            try await server.addClient("odd", origins: ["https://odd.example"])
        }
        return fixture
    }

    @Test func `a server starts with it, refuses it and serves the others`() async throws {
        let fixture = try await prepared()
        let held = Mutex((refresh: "", access: ""))
        try await withServer(folder: fixture.folder) { server in
            let login = try await server.login(client: "odd")
            let tokens = (try #require(login["refresh_token"]), try #require(login["access_token"]))
            held.withLock { $0 = tokens }
        }
        try await spoil("odd", fixture)
        let (refresh, access) = held.withLock { $0 }
        try await withServer(folder: fixture.folder) { server in
            #expect(try await server.login(client: "good").status == 200)
            #expect(try await server.login(client: "odd").status == 401)
            #expect(try await server.refresh(refresh, client: "odd").status == 401)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            let preflight = try await server.http.send(
                "OPTIONS", "/api/v1/login",
                headers: [("Origin", "https://odd.example"), ("Access-Control-Request-Method", "POST")])
            #expect(preflight[field: "access-control-allow-origin"] == nil)
        }
    }

    /// Its own idle time is not known, and a program that can read it may be started again.
    @Test func `its sessions are kept as long as any client's could live`() async throws {
        let fixture = try CommandLineFixture()
        let clock = TestClock()
        let session = Mutex<SessionID?>(nil)
        try await withServer(clock: clock, folder: fixture.folder) { server in
            try await server.addUser()
            try await server.addClient("odd")
            try await server.services.clients.update(try #require(ClientID("odd")), actor: .operator) {
                $0.idleLifetime = .seconds(100 * 86400)
                $0.absoluteLifetime = .seconds(200 * 86400)
            }
            let token = try #require(try await server.login(client: "odd")["access_token"])
            let id = try #require(try PollingReader.claims(token).sid.flatMap { SessionID($0) })
            session.withLock { $0 = id }
        }
        try await spoil("odd", fixture)
        let id = try #require(session.withLock { $0 })
        try await withServer(clock: clock, folder: fixture.folder) { server in
            clock.advance(by: .seconds(60 * 86400))
            try await server.services.upkeep.sweepSessions()
            #expect(try await server.program.store.session(id) != nil)
            clock.advance(by: .seconds(200 * 86400))
            try await server.services.upkeep.sweepSessions()
            #expect(try await server.program.store.session(id) == nil)
        }
    }

    @Test func `commands name the reason, change nothing of it, and delete it`() async throws {
        let fixture = try await prepared()
        try await spoil("odd", fixture)
        let shown = try await fixture.run("client", "show", "odd")
        #expect(shown.code == 0)
        #expect(shown["state"]?.contains("the stored client field algorithm cannot be read") == true, "\(shown.output)")
        #expect(try await fixture.run("client", "list").output.contains("good"))
        for command in [["update", "odd", "--access-ttl", "2m"], ["enable", "odd"]] {
            let refused = try await fixture.run(["client"] + command + ["--data-dir", fixture.folder.path])
            #expect(refused.code == 1, "\(command)")
            #expect(refused.error.contains("cannot read the settings of this client"), "\(refused.error)")
        }
        let check = try await fixture.run("db", "check")
        #expect(check.code == 1)
        #expect((check.output + check.error).contains("the settings of the client odd cannot be read"))
        #expect(try await fixture.run("client", "delete", "odd", "--yes").code == 0)
        #expect(try await fixture.run("db", "check").code == 0)
    }
}
