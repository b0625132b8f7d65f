import LatchkeyTokens
import TestSupport
import Testing

/// Server sessions and the real binary, ended as a power cut would.
struct SessionCrashTests {
    private static let origin = "https://app.example.com"
    private static let page = [("X-Latchkey-CSRF", "1"), ("Origin", origin)]

    private func session(_ server: ServerProcess, _ cookie: String) async throws -> Int {
        try await server.http.get("/api/v1/session", headers: [("Cookie", cookie)]).status
    }

    @Test func `what was answered before a kill holds after it: the session, and its end`() async throws {
        let program = try CommandLineFixture()
        let password = CommandLineFixture.password
        let port = try ServerProcess.freePort()
        #expect(try await program.run("user", "add", "ada", "--password-stdin", input: password + "\n").code == 0)
        let client = ["client", "add", "web", "--public", "--first-party", "--origin", Self.origin]
        #expect(try await program.run(client + ["--data-dir", program.folder.path]).code == 0)

        var server = try await ServerProcess(folder: program.folder, port: port)
        let login = try await server.http.post(
            "/api/v1/login",
            json: ["username": "ada", "password": .string(password), "client_id": "web", "transport": "session"],
            headers: Self.page)
        let cookie = try #require(login.cookie("latchkey_dev_session"), "\(login.text)")
        server.killHard()

        server = try await ServerProcess(folder: program.folder, port: port)
        #expect(try await session(server, cookie) == 200)
        let shown = try await program.run("session", "show", try #require(login["sid"]))
        #expect(shown["transport"] == "session")
        #expect(try await program.run("session", "list").lines.contains { $0.contains(" session ") })
        let out = try await server.http.post(
            "/api/v1/logout", json: ["client_id": "web"], headers: Self.page + [("Cookie", cookie)])
        #expect(out.status == 204)
        server.killHard()

        server = try await ServerProcess(folder: program.folder, port: port)
        #expect(try await session(server, cookie) == 401)
        let explained = try await program.run("session", "explain", try #require(login["sid"]))
        #expect(explained.output.contains("The user signed out: 20"))
        server.killHard()
    }
}
