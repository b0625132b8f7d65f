import Foundation
import Synchronization
import TestSupport
import Testing

/// A client whose stored settings this program cannot read, as after a downgrade: it is refused, its neighbours are not.
struct UnreadableClientTests {
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
