import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `Config/nginx/same-host.conf` in a real nginx: application and sign-in on one host.
@Suite(.enabled(if: NginxProcess.binary != nil, "\(NginxProcess.whereFrom)"))
struct SameHostTests {
    private func with(_ body: @Sendable (TestServer, ProxiedApplication) async throws -> Void) async throws {
        try await withServer(behindNginx) { server in
            let folder = try TemporaryFolder()
            let application = try await ProxiedApplication("same-host", before: server, folder: folder)
            try await server.addUser("ada", roles: ["editor"])
            try await server.addWebClient(origins: [application.origin])
            try await body(server, application)
        }
    }

    private func signIn(_ application: ProxiedApplication) async throws -> String {
        let response = try await application.outside.post(
            "/latchkey/api/v1/login",
            json: [
                "username": "ada", "password": .string(TestServer.password), "client_id": "web",
                "transport": "session",
            ], headers: ProxiedApplication.page(application.origin))
        #expect(response.status == 200, "\(response.text)")
        return try #require(response.cookie("latchkey_dev_session"))
    }

    @Test func `a signed-in user is known to the application until signing out`() async throws {
        try await with { server, application in
            let stranger = try await application.outside.get("/reports")
            #expect(stranger.status == 303)
            #expect(stranger[field: "Location"]?.hasSuffix("/login") == true)

            let cookie = try await signIn(application)
            let headers = [("Cookie", cookie)]
            let session = try await application.outside.get("/latchkey/api/v1/session", headers: headers)
            let page = try await application.outside.get("/reports?year=2026", headers: headers)
            #expect(page.status == 200)
            #expect(page["uri"] == "/reports?year=2026")
            #expect(page["subject"] == session["sub"])
            #expect(page["session"] == session["sid"])
            #expect(page["client"] == "web")
            #expect(page["roles"] == "editor")
            #expect(page["user"] == "ada")
            #expect(page["token"] == "")

            let posted = try await application.outside.post("/orders", json: ["a": "b"], headers: headers)
            #expect(posted.status == 200)
            #expect(posted["method"] == "POST")
            #expect(posted["length"] == "9")
            #expect(posted["subject"] == session["sub"])

            let out = try await application.outside.post(
                "/latchkey/api/v1/logout", json: ["client_id": "web"],
                headers: headers + ProxiedApplication.page(application.origin))
            #expect(out.status == 204)
            #expect(out.forgets("latchkey_dev_session"))
            #expect(try await application.outside.get("/reports", headers: headers).status == 303)
        }
    }

    @Test func `nobody claims to be somebody from outside`() async throws {
        try await with { server, application in
            // Where nobody has to sign in, and where somebody has.
            let open = try await application.outside.get("/login", headers: ProxiedApplication.forged)
            #expect(open.status == 200)
            #expect(!open.text.contains("forged"))
            let closed = try await application.outside.get("/reports", headers: ProxiedApplication.forged)
            #expect(closed.status == 303)
            let cookie = try await signIn(application)
            let known = try await application.outside.get(
                "/reports", headers: ProxiedApplication.forged + [("Cookie", cookie)])
            #expect(known.status == 200)
            #expect(!known.text.contains("forged"))
            #expect(known["subject"]?.count == 36)
        }
    }

    @Test func `neither the inner question nor the admin API is reachable through the application`() async throws {
        try await with { server, application in
            let cookie = try await signIn(application)
            for path in [
                "/_latchkey", "/latchkey/api/v1/admin/users", "/latchkey/metrics",
                "/latchkey/forward-auth?client_id=web&token=1", "/latchkey/%66orward-auth?client_id=web&token=1",
                "/latchkey//forward-auth?client_id=web&token=1", "/x/../latchkey/forward-auth?client_id=web",
            ] {
                let response = try await application.outside.get(path, headers: [("Cookie", cookie)])
                #expect(response.status == 404, "\(path)")
            }
        }
    }

    @Test func `the address of a sign-in is that of the browser, whatever it claims`() async throws {
        try await with { server, application in
            _ = try await application.outside.post(
                "/latchkey/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "web",
                    "transport": "session",
                ],
                headers: ProxiedApplication.page(application.origin) + [("X-Forwarded-For", "198.51.100.7")])
            let sessions = try await server.overSocket.get("/api/v1/admin/sessions")
            let networks = (sessions.json.object?["items"]?.array ?? []).map { $0.object?["network"]?.string }
            #expect(networks == ["127.0.0.1"])
        }
    }
}
