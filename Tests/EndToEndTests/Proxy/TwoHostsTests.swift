import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `Config/nginx/two-hosts.conf` in a real nginx: sign-in on one host, the application on another.
@Suite(.enabled(if: NginxProcess.binary != nil, "\(NginxProcess.whereFrom)"))
struct TwoHostsTests {
    private static let start = "latchkey_dev_start"
    private static let session = "latchkey_dev_session"

    private func with(
        clock: TestClock? = nil, _ body: @Sendable (TestServer, ProxiedApplication) async throws -> Void
    ) async throws {
        try await withServer(behindNginx, clock: clock) { server in
            let folder = try TemporaryFolder()
            let application = try await ProxiedApplication("two-hosts", before: server, folder: folder)
            try await server.addUser()
            try await server.addWebClient(
                origins: [application.authOrigin, application.origin],
                redirectURIs: [application.origin + "/latchkey/callback"],
                loginURI: application.authOrigin + "/login")
            try await body(server, application)
        }
    }

    /// Path and query of a URL of the application's host.
    private func path(_ url: String?, on origin: String) throws -> String {
        let url = try #require(url)
        try #require(url.hasPrefix(origin + "/"), "\(url)")
        return String(url.dropFirst(origin.count))
    }

    /// What the sign-in page does with the parameters of its own address.
    private func signIn(
        _ application: ProxiedApplication, at location: String, redirectURI: String? = nil
    ) async throws -> TestResponse {
        try await application.auth.post(
            "/api/v1/login",
            json: [
                "username": "ada", "password": .string(TestServer.password), "transport": "session",
                "client_id": .string(try #require(URLParameters.value("client_id", in: location))),
                "redirect_uri": .string(
                    try redirectURI ?? #require(URLParameters.value("redirect_uri", in: location))),
                "state": .string(try #require(URLParameters.value("state", in: location))),
            ], headers: ProxiedApplication.page(application.authOrigin))
    }

    /// From a page that nobody may see to the address of the callback.
    private func begun(
        _ application: ProxiedApplication, page: String = "/reports?year=2026&all=1"
    ) async throws -> (ticket: String, callback: String) {
        let sent = try await application.outside.get(page)
        #expect(sent.status == 303, "\(sent.text)")
        let location = try #require(sent[field: "Location"])
        let answer = try await signIn(application, at: location)
        #expect(answer.status == 200, "\(answer.text)")
        return (
            try #require(sent.cookie(Self.start)), try path(answer["redirect_to"], on: application.origin)
        )
    }

    @Test func `the whole dance ends on the page that was asked for, known to the application`() async throws {
        try await with { server, application in
            let sent = try await application.outside.get("/reports?year=2026&all=1")
            #expect(sent.status == 303)
            let location = try #require(sent[field: "Location"])
            #expect(location.hasPrefix(application.authOrigin + "/login?client_id=web&redirect_uri="))
            let page = try await application.auth.get(try path(location, on: application.authOrigin))
            #expect(page.status == 200)
            #expect(page.text.contains("Sign in"))

            let answer = try await signIn(application, at: location)
            #expect(answer.status == 200)
            #expect(answer.all("Set-Cookie").isEmpty)
            let ticket = try #require(sent.cookie(Self.start))
            let done = try await application.outside.get(
                try path(answer["redirect_to"], on: application.origin), headers: [("Cookie", ticket)])
            #expect(done.status == 303)
            let back = try #require(done[field: "Location"])
            #expect(back.hasSuffix("/reports?year=2026&all=1"))
            #expect(done.forgets(Self.start))
            let cookie = try #require(done.cookie(Self.session))
            let seen = try await application.outside.get("/reports?year=2026&all=1", headers: [("Cookie", cookie)])
            #expect(seen.status == 200)
            #expect(seen["uri"] == "/reports?year=2026&all=1")
            #expect(seen["user"] == "ada")
            #expect(seen["subject"]?.count == 36)
            // The cookie is the application's; signing out happens there too.
            let out = try await application.outside.post(
                "/latchkey/api/v1/logout", json: ["client_id": "web"],
                headers: ProxiedApplication.page(application.origin) + [("Cookie", cookie)])
            #expect(out.status == 204)
            #expect(try await application.outside.get("/reports", headers: [("Cookie", cookie)]).status == 303)
        }
    }

    @Test func `another browser's state, or none, signs no user in`() async throws {
        try await with { server, application in
            let (ticket, callback) = try await begun(application)
            let (other, _) = try await begun(application)
            for headers in [[], [("Cookie", other)], [("Cookie", "\(ticket); \(other)")]] {
                let response = try await application.outside.get(callback, headers: headers)
                #expect(response.status == 403)
                #expect(response.cookie(Self.session) == nil)
            }
            let own = try await application.outside.get(callback, headers: [("Cookie", ticket)])
            #expect(own.status == 303)
        }
    }

    @Test func `a replayed code ends the session that it made`() async throws {
        try await with { server, application in
            let (ticket, callback) = try await begun(application)
            let first = try await application.outside.get(callback, headers: [("Cookie", ticket)])
            let cookie = try #require(first.cookie(Self.session))
            #expect(try await application.outside.get("/", headers: [("Cookie", cookie)]).status == 200)
            let again = try await application.outside.get(callback, headers: [("Cookie", ticket)])
            #expect(again.status == 400)
            #expect(again.cookie(Self.session) == nil)
            #expect(try await application.outside.get("/", headers: [("Cookie", cookie)]).status == 303)
        }
    }

    @Test func `a code that is a minute old is refused`() async throws {
        let clock = TestClock()
        try await with(clock: clock) { server, application in
            let (ticket, callback) = try await begun(application)
            clock.advance(by: .seconds(60))
            let late = try await application.outside.get(callback, headers: [("Cookie", ticket)])
            #expect(late.status == 400)
            #expect(late.cookie(Self.session) == nil)
        }
    }

    @Test func `a foreign redirect URI gets no code, and no link leads to another host`() async throws {
        try await with { server, application in
            let sent = try await application.outside.get("/")
            let location = try #require(sent[field: "Location"])
            let answer = try await signIn(
                application, at: location, redirectURI: "https://evil.example/latchkey/callback")
            #expect(answer.status == 400)
            #expect(answer["redirect_to"] == nil)

            for path in ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nX: y", "/%0d%0aX:%20y\n"] {
                let start = try await application.outside.get(
                    "/latchkey/start?client_id=web&return_to=" + PercentEncoding.encode(path))
                #expect(start.status == 400, "\(path)")
                #expect(start[field: "Location"] == nil)
            }
            // nginx itself asks for such a page: the browser comes back to this host, whatever its path looks like.
            for page in ["//evil.example/x", "/%5Cevil.example", "/%2F%2Fevil.example"] {
                let (ticket, callback) = try await begun(application, page: page)
                let done = try await application.outside.get(callback, headers: [("Cookie", ticket)])
                #expect(done.status == 303)
                let back = try #require(done[field: "Location"])
                #expect(back.hasPrefix("/") && !back.hasPrefix("//") && !back.contains("\\"), "\(back)")
            }
        }
    }

    @Test func `the longest way back fits through nginx`() async throws {
        try await with { server, application in
            let page = "/" + String(repeating: "x", count: 2047)
            let (ticket, callback) = try await begun(application, page: page)
            let done = try await application.outside.get(callback, headers: [("Cookie", ticket)])
            #expect(done[field: "Location"] == page)
            // One byte more, and the browser comes back to the front page.
            let (longer, other) = try await begun(application, page: page + "x")
            let front = try await application.outside.get(other, headers: [("Cookie", longer)])
            #expect(front[field: "Location"] == "/")
        }
    }

    @Test func `a client can set neither an identity nor a page to return to`() async throws {
        try await with { server, application in
            let forged = ProxiedApplication.forged + [("X-Forwarded-Uri", "/elsewhere")]
            let sent = try await application.outside.get("/reports", headers: forged)
            #expect(sent.status == 303)
            let ticket = try #require(sent.cookie(Self.start))
            let answer = try await signIn(application, at: try #require(sent[field: "Location"]))
            let done = try await application.outside.get(
                try path(answer["redirect_to"], on: application.origin), headers: [("Cookie", ticket)])
            #expect(done[field: "Location"] == "/reports")
            let cookie = try #require(done.cookie(Self.session))
            let seen = try await application.outside.get("/", headers: forged + [("Cookie", cookie)])
            #expect(seen.status == 200)
            #expect(!seen.text.contains("forged"))
        }
    }

    @Test func `an unknown person's POST becomes a sign-in and does not reach the application`() async throws {
        try await with { server, application in
            let response = try await application.outside.post("/orders", json: ["a": "b"])
            #expect(response.status == 303)
            #expect(response.cookie(Self.start) != nil)
        }
    }
}
