import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Signing in on one host for an application on another: start, login page, callback.
struct RedirectSignInTests {
    private static let startName = "latchkey_dev_start"
    private static let sessionName = "latchkey_dev_session"

    private func start(
        _ server: TestServer, returnTo: String = "/reports?year=2026&all=1", client: String = "web",
        headers: [(String, String)] = []
    ) async throws -> TestResponse {
        try await server.browser.get(
            "/start?client_id=\(client)&return_to=\(PercentEncoding.encode(returnTo))", headers: headers)
    }

    /// Signs in at the login page with the state of a start.
    private func code(
        _ server: TestServer, state: String, redirectURI: String = TestServer.callback, user: String = "ada"
    ) async throws -> TestResponse {
        try await server.signIn(
            user, more: ["redirect_uri": .string(redirectURI), "state": .string(state)])
    }

    private func callback(
        _ server: TestServer, code: String, state: String, cookie: String?
    ) async throws -> TestResponse {
        try await server.browser.get(
            "/callback?code=\(PercentEncoding.encode(code))&state=\(PercentEncoding.encode(state))",
            headers: cookie.map { [("Cookie", $0)] } ?? [])
    }

    /// A sign-in as far as the redirect to the callback.
    private func begun(_ server: TestServer) async throws -> (ticket: String, state: String, code: String) {
        let started = try await start(server)
        let ticket = try #require(started.cookie(Self.startName))
        let state = try #require(started.redirected("state"))
        let answer = try await code(server, state: state)
        return (ticket, state, try #require(answer.redirected("code"), "\(answer.text)"))
    }

    private func prepare(_ server: TestServer) async throws {
        try await server.addUser()
        try await server.addUser("grace")
        try await server.addWebClient()
    }

    @Test func `the whole way ends signed in, where the browser wanted to go`() async throws {
        try await withServer { server in
            try await prepare(server)
            let started = try await start(server)
            #expect(started.status == 303)
            let location = try #require(started[field: "Location"])
            #expect(location.hasPrefix("https://auth.example.com/login?page=1&client_id=web&redirect_uri="))
            #expect(started.redirected("redirect_uri") == TestServer.callback)
            let line = try #require(started[field: "Set-Cookie"])
            #expect(line.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600"))
            let ticket = try #require(started.cookie(Self.startName))
            let state = try #require(started.redirected("state"))

            let answer = try await code(server, state: state)
            #expect(answer.status == 200)
            #expect(answer[field: "Set-Cookie"] == nil)
            #expect(answer[field: "Cache-Control"] == "no-store")
            #expect(answer.json.object?.members.map(\.name) == ["redirect_to"])
            #expect(answer["redirect_to"]?.hasPrefix(TestServer.callback + "?code=lkc_") == true)
            #expect(answer.redirected("state") == state)
            #expect(answer.redirected("iss") == "http://localhost:8080")

            let code = try #require(answer.redirected("code"))
            let done = try await callback(server, code: code, state: state, cookie: ticket)
            #expect(done.status == 303)
            #expect(done[field: "Location"] == "/reports?year=2026&all=1")
            #expect(done[field: "Referrer-Policy"] == "no-referrer")
            #expect(done.forgets(Self.startName))
            #expect(try await server.session(done.cookie(Self.sessionName)).status == 200)
        }
    }

    @Test func `a code in a browser that did not ask for it signs no user in`() async throws {
        try await withServer { server in
            try await prepare(server)
            // An attacker's own code, in a link for a victim with no sign-in or with one of its own.
            let attacker = try await begun(server)
            let victim = try await start(server)
            let ticket = try #require(victim.cookie(Self.startName))
            let state = try #require(victim.redirected("state"))
            let attempts: [(String, String?)] = [
                (attacker.state, nil), (attacker.state, ticket), ("", ticket),
                (attacker.state, attacker.ticket + "; " + ticket), (attacker.state, Self.startName + "=lkt_AAAA"),
                (attacker.state, String(attacker.ticket.dropLast()) + "-"),
            ]
            for (state, cookie) in attempts {
                let response = try await callback(server, code: attacker.code, state: state, cookie: cookie)
                #expect([400, 403].contains(response.status))
                #expect(response.cookie(Self.sessionName) == nil)
            }
            // The code under the victim's own state: it was made for another. Nothing changes, so a guesser cannot spend it.
            let mixed = try await callback(server, code: attacker.code, state: state, cookie: ticket)
            #expect(mixed.status == 400)
            #expect(mixed.cookie(Self.sessionName) == nil)
            #expect(mixed.forgets(Self.startName))
            let late = try await callback(
                server, code: attacker.code, state: attacker.state, cookie: attacker.ticket)
            #expect(late.status == 303)
        }
    }

    @Test func `a second use of a code is refused and ends the session of the first`() async throws {
        try await withServer { server in
            try await prepare(server)
            let (ticket, state, code) = try await begun(server)
            let first = try await callback(server, code: code, state: state, cookie: ticket)
            let session = try #require(first.cookie(Self.sessionName))
            #expect(try await server.session(session).status == 200)
            let again = try await callback(server, code: code, state: state, cookie: ticket)
            #expect(again.status == 400)
            #expect(again.cookie(Self.sessionName) == nil)
            #expect(try await server.session(session).status == 401)
            #expect(try await server.list().entries.map(\.kind) == [.session])
            let trail = try await server.services.audit.page().items.map(\.kind)
            #expect(trail.contains(.loginCodeReplayed))
        }
    }

    @Test func `a code lives a minute, a start ten`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            var (ticket, state, code) = try await begun(server)
            clock.advance(by: .seconds(60))
            #expect(try await callback(server, code: code, state: state, cookie: ticket).status == 400)

            (ticket, state, code) = try await begun(server)
            clock.advance(by: .seconds(59))
            #expect(try await callback(server, code: code, state: state, cookie: ticket).status == 303)

            let started = try await start(server)
            ticket = try #require(started.cookie(Self.startName))
            state = try #require(started.redirected("state"))
            clock.advance(by: .seconds(600))
            code = try #require(try await self.code(server, state: state).redirected("code"))
            let late = try await callback(server, code: code, state: state, cookie: ticket)
            #expect(late.status == 403)
            #expect(late["code"] == "csrf_rejected")
        }
    }

    @Test func `a password change, a revocation or a disabled client between code and callback wins`() async throws {
        try await withServer { server in
            try await prepare(server)
            for cause in [SessionEndTests.Cause.passwordSet, .revokeUser, .revokeAll, .disableClient] {
                let (ticket, state, code) = try await begun(server)
                let user = try await server.services.users.find("ada")
                switch cause {
                case .passwordSet:
                    _ = try await server.services.store.setPassword(
                        user.id,
                        hash: try #require(try await server.services.store.loginRecord(user: user.id))
                            .credential.hash, ifVersion: nil, mustChange: false, actor: .operator)
                case .revokeUser: _ = try await server.revoke("user", user.id.description)
                case .revokeAll: _ = try await server.revoke("all", sessions: true)
                default:
                    _ = try await server.services.clients.setDisabled(
                        try #require(ClientID("web")), true, actor: .operator)
                }
                let response = try await callback(server, code: code, state: state, cookie: ticket)
                #expect(response.status == 400, "\(cause)")
                #expect(response.cookie(Self.sessionName) == nil)
            }
        }
    }

    @Test func `only a registered redirect URI gets a code, letter by letter`() async throws {
        try await withServer { server in
            try await prepare(server)
            for uri in [
                "https://evil.example/latchkey/callback", TestServer.callback + "/", TestServer.callback + "?x=1",
                "http://app.example.org/latchkey/callback", TestServer.callback.uppercased(), "/latchkey/callback",
            ] {
                let response = try await code(server, state: "s", redirectURI: uri)
                #expect(response.status == 400)
                #expect(response["redirect_to"] == nil)
                let asked = try await server.browser.get(
                    "/start?client_id=web&redirect_uri=\(PercentEncoding.encode(uri))")
                #expect(asked.status == 400)
                #expect(asked[field: "Location"] == nil)
            }
            let odd: [[String: JSONValue]] = [
                ["redirect_uri": .string(TestServer.callback)], ["state": "s"],
                ["redirect_uri": .string(TestServer.callback), "state": "s", "transport": "cookie"],
                ["redirect_uri": .string(TestServer.callback), "state": "s", "transport": "body"],
                ["redirect_uri": .string(TestServer.callback), "state": .string(String(repeating: "s", count: 129))],
                ["redirect_uri": .string(TestServer.callback), "state": "a b"],
            ]
            for more in odd {
                let response = try await server.signIn(more: more)
                #expect(response.status == 400, "\(more)")
                #expect(response[field: "Set-Cookie"] == nil)
            }
        }
    }

    @Test(arguments: [
        "//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", "/a\r\nLocation: x",
        "/\t/evil.example", "reports", "/" + String(repeating: "x", count: 2048),
    ])
    func `return_to leads no user to another host`(path: String) async throws {
        try await withServer { server in
            try await prepare(server)
            let response = try await start(server, returnTo: path)
            #expect(response.status == 400)
            #expect(response[field: "Location"] == nil)
            #expect(response[field: "Set-Cookie"] == nil)
            // What a proxy passes on is a stranger's word as well, and is ignored rather than refused.
            guard path.allSatisfy({ $0.isASCII && !$0.isWhitespace && !$0.isNewline }) else { return }
            let forwarded = try await server.browser.get("/start?client_id=web", headers: [("X-Forwarded-Uri", path)])
            #expect(forwarded.status == 303)
        }
    }

    @Test func `a start needs a client with server sessions, and one redirect URI or a named one`() async throws {
        try await withServer { server in
            try await prepare(server)
            try await server.addWebClient("plain", loginURI: nil)
            try await server.addWebClient(
                "two", redirectURIs: [TestServer.callback, "https://app.example.net/latchkey/callback"])
            for query in ["", "?client_id=", "?client_id=nobody", "?client_id=two"] {
                #expect(try await server.browser.get("/start" + query).status == 400, "\(query)")
            }
            let hosted = try await server.browser.get("/start?client_id=plain")
            #expect(hosted.redirected("code_challenge_method") == "S256")
            #expect(hosted[field: "Location"]?.hasPrefix("http://localhost:8080/oauth2/authorize?") == true)
            let named = try await server.browser.get(
                "/start?client_id=two&redirect_uri=\(PercentEncoding.encode(TestServer.callback))")
            #expect(named.redirected("redirect_uri") == TestServer.callback)
        }
    }

    @Test func `a redirect URI that is merely equivalent to a registered one is none`() async throws {
        try await withServer { server in
            let registered = "https://app.example.org/latchkey/callback;v=K"
            try await server.addUser()
            try await server.addWebClient("letters", redirectURIs: [registered])
            func start(_ uri: String) async throws -> Int {
                try await server.browser.get("/start?client_id=letters&redirect_uri=\(PercentEncoding.encode(uri))")
                    .status
            }
            #expect(try await start(registered) == 303)
            for other in ["\u{37E}v=K", ";v=\u{212A}", ";v=K\u{301}"] {
                let uri = "https://app.example.org/latchkey/callback" + other
                #expect(try await start(uri) == 400, "\(other)")
                let login = try await server.signIn(
                    client: "letters", more: ["redirect_uri": .string(uri), "state": "abc"])
                #expect(login.status == 400, "\(other)")
            }
        }
    }

    @Test func `a sign-in over the callback ends the session whose cookie comes along`() async throws {
        try await withServer { server in
            try await prepare(server)
            let old = try await server.signedIn()
            let (ticket, state, code) = try await begun(server)
            let done = try await callback(server, code: code, state: state, cookie: ticket + "; " + old)
            #expect(done.status == 303)
            #expect(try await server.session(old).status == 401)
            #expect(try await server.session(done.cookie(Self.sessionName)).status == 200)
        }
    }

    @Test func `a code from nowhere, of another form or of another issuer is refused`() async throws {
        try await withServer { server in
            try await prepare(server)
            for bad in [
                "lkc_" + String(repeating: "A", count: 43), "lkc_", "x", "lkr_" + String(repeating: "A", count: 60),
            ] {
                let started = try await start(server)
                let state = try #require(started.redirected("state"))
                let response = try await callback(
                    server, code: bad, state: state, cookie: started.cookie(Self.startName))
                #expect(response.status == 400)
                #expect(response.cookie(Self.sessionName) == nil)
            }
            let (ticket, state, code) = try await begun(server)
            let mixedUp = try await server.browser.get(
                "/callback?code=\(code)&state=\(state)&iss=https%3A%2F%2Fevil.example", headers: [("Cookie", ticket)])
            #expect(mixedUp.status == 400)
            #expect(try await callback(server, code: code, state: state, cookie: ticket).status == 303)
        }
    }
}
