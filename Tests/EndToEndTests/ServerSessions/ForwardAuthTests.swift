import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `GET /forward-auth` as a proxy asks it.
struct ForwardAuthTests {
    private func prepare(_ server: TestServer) async throws {
        try await server.addUser("Äda Löwe", roles: ["editor", "staff"])
        try await server.addWebClient()
        try await server.addWebClient("shop")
    }

    private func cookie(_ server: TestServer) async throws -> String { try await server.signedIn("Äda Löwe") }

    private func bearer(_ server: TestServer, client: String = "web", scope: String? = nil) async throws -> String {
        let login = try await server.login("Äda Löwe", client: client, scope: scope)
        return try #require(login["access_token"], "\(login.text)")
    }

    @Test func `a session and a token pass, with the identity in headers and no body`() async throws {
        try await withServer { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            let session = try await server.session(cookie)
            let byCookie = try await server.forward("client_id=web", cookie: cookie)
            let byToken = try await server.forward("client_id=web", bearer: try await bearer(server))
            for response in [byCookie, byToken] {
                #expect(response.status == 200)
                #expect(response.body.isEmpty)
                #expect(response[field: "Cache-Control"] == "no-store")
                #expect(response[field: "X-Latchkey-Subject"] == session["sub"])
                #expect(response[field: "X-Latchkey-Client"] == "web")
                #expect(response[field: "X-Latchkey-Scope"] == "openid orders")
                #expect(response[field: "X-Latchkey-Roles"] == "editor staff")
                #expect(response[field: "X-Latchkey-User"] == "%C3%84da%20L%C3%B6we")
                #expect(response[field: "X-Latchkey-Token"] == nil)
                #expect(response[field: "Set-Cookie"] == nil)
            }
            #expect(byCookie[field: "X-Latchkey-Session"] == session["sid"])
        }
    }

    /// A proxy that keeps the method of the original request takes any 2xx for leave.
    @Test func `OPTIONS is no way past it, preflights included`() async throws {
        try await withServer { server in
            try await prepare(server)
            for headers in [
                [], [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "GET")],
            ] as [[(String, String)]] {
                for query in ["client_id=web&role=admin", "garbage=1"] {
                    let answer = try await server.http.send("OPTIONS", "/forward-auth?\(query)", headers: headers)
                    #expect(answer.status == 405, "\(query) \(headers)")
                    #expect(answer[field: "Allow"] == "GET, HEAD")
                }
            }
        }
    }

    @Test func `a token for another service, another client or our own API does not pass`() async throws {
        try await withServer { server in
            try await prepare(server)
            try await server.addClient("elsewhere", audiences: ["https://other.example"])
            let token = try await bearer(server)
            let audience = "audience=https%3A%2F%2Fapi.example.com"
            #expect(try await server.forward(audience, bearer: token).status == 200)
            #expect(try await server.forward("client_id=web&\(audience)", bearer: token).status == 200)
            let other = try await bearer(server, client: "elsewhere", scope: "openid")
            let account = try await bearer(server, scope: "latchkey:account")
            let refused = [
                ("audience=https%3A%2F%2Fother.example", token), ("client_id=shop", token), (audience, other),
                ("client_id=web", other), ("client_id=web", account), (audience, account),
                ("client_id=web", token + "x"), ("client_id=web", "x"), ("client_id=web", "lks_x"),
            ]
            for (query, token) in refused {
                let response = try await server.forward(query, bearer: token)
                #expect(response.status == 401, "\(query)")
                #expect(response.body.isEmpty)
                #expect(response[field: "WWW-Authenticate"]?.contains("error=\"invalid_token\"") == true)
                #expect(response[field: "X-Latchkey-Subject"] == nil)
            }
            // A session is for what its client's tokens are for.
            let cookie = try await cookie(server)
            #expect(try await server.forward(audience, cookie: cookie).status == 200)
            for query in ["audience=https%3A%2F%2Fother.example", "client_id=shop"] {
                let response = try await server.forward(query, cookie: cookie)
                #expect(response.status == 401, "\(query)")
                #expect(response[field: "WWW-Authenticate"] == "Bearer realm=\"latchkey\"")
            }
        }
    }

    @Test func `without a scope or one of the roles a request is 403`() async throws {
        try await withServer { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            let token = try await bearer(server, scope: "openid")
            #expect(try await server.forward("client_id=web&scope=openid%20orders", cookie: cookie).status == 200)
            #expect(try await server.forward("client_id=web&role=editor&role=staff", cookie: cookie).status == 200)
            for query in ["scope=payments", "scope=openid%20payments", "role=admin", "role=editor&role=admin"] {
                let response = try await server.forward("client_id=web&" + query, cookie: cookie)
                #expect(response.status == 403, "\(query)")
                #expect(response.body.isEmpty)
                #expect(response[field: "X-Latchkey-Subject"] == nil)
            }
            let lacking = try await server.forward("client_id=web&scope=orders", bearer: token)
            #expect(lacking.status == 403)
            #expect(
                lacking[field: "WWW-Authenticate"]
                    == "Bearer realm=\"latchkey\", error=\"insufficient_scope\", scope=\"orders\"")

            // What was lost since the sign-in is lost at once.
            let user = try await server.services.users.find("Äda Löwe")
            _ = try await server.overSocket.send(
                "PATCH", "/api/v1/admin/users/\(user.id)", body: #"{"roles":["staff"]}"#)
            #expect(try await server.forward("client_id=web&role=editor", cookie: cookie).status == 403)
        }
    }

    @Test func `a misspelt or empty restriction lets no request pass`() async throws {
        try await withServer { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            #expect(try await server.forward("client_id=web&role=admin", cookie: cookie).status == 403)
            for query in [
                "roles=admin", "role=", "role", "role[]=admin", "role%5B%5D=admin", "scopes=orders%3Awrite", "scope=",
                "Role=admin", "role%CC%81=admin", "role=editor&role=", "audiences=x", "audience=", "token=", "user=ada",
            ] {
                let response = try await server.forward("client_id=web&" + query, cookie: cookie)
                #expect(response.status == 400, "\(query)")
                #expect(response["detail"]?.contains("parameter") == true, "\(query): \(response.text)")
                #expect(response[field: "X-Latchkey-Subject"] == nil, "\(query)")
            }
        }
    }

    @Test func `a role or audience that is merely equivalent to one is another one`() async throws {
        try await withServer { server in
            try await server.addUser(roles: ["K"])
            try await server.addWebClient()
            let cookie = try await server.signedIn()
            #expect(try await server.forward("client_id=web&role=K", cookie: cookie).status == 200)
            #expect(try await server.forward("client_id=web&role=%E2%84%AA", cookie: cookie).status == 403)
        }
    }

    @Test func `whatever a stranger sends is 401 and never 5xx`() async throws {
        try await withServer { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            let token = try await bearer(server)
            let odd: [[(String, String)]] = [
                [], [("Authorization", "")], [("Authorization", "Basic YTpi")], [("Authorization", "Bearer")],
                [("Authorization", "Bearer \(token)"), ("Authorization", "Bearer \(token)")],
                [("Authorization", "Bearer a b")], [("Cookie", "latchkey_dev_session")], [("Cookie", ";;;=")],
                [("Cookie", cookie + "; " + cookie)],
                // A bad token is not made good by a cookie.
                [("Authorization", "Bearer \(token)x"), ("Cookie", cookie)],
            ]
            for headers in odd {
                let response = try await server.forward("client_id=web", headers: headers)
                #expect(response.status == 401, "\(headers)")
                #expect(response.body.isEmpty)
                #expect(response[field: "WWW-Authenticate"]?.hasPrefix("Bearer realm=") == true)
            }
            // Another scheme is the upstream's business.
            #expect(
                try await server.forward("client_id=web", cookie: cookie, headers: [("Authorization", "Basic YTpi")])
                    .status == 200)
            // The operator's own mistakes are told.
            for query in ["", "scope=openid", "client_id=web&token=2", "client_id=web&redirect=yes"] {
                #expect(try await server.forward(query, cookie: cookie).status == 400)
            }
        }
    }

    @Test func `a browser is sent to sign in when asked for, a program is not`() async throws {
        try await withServer { server in
            try await prepare(server)
            let page = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("X-Forwarded-Uri", "/a?b=1&c=/d")]
            let response = try await server.forward("client_id=web&redirect=1", headers: page)
            #expect(response.status == 302)
            #expect(
                response[field: "Location"] == "/latchkey/start?client_id=web&return_to=%2Fa%3Fb%3D1%26c%3D%2Fd")
            let away = try await server.forward(
                "client_id=web&redirect=1", headers: [page[0], ("X-Forwarded-Uri", "//evil.example")])
            #expect(away[field: "Location"] == "/latchkey/start?client_id=web&return_to=%2F")
            for headers in [
                [], [("Accept", "*/*")], [("Accept", "application/json")], page + [("X-Forwarded-Method", "POST")],
            ] {
                #expect(try await server.forward("client_id=web&redirect=1", headers: headers).status == 401)
            }
            #expect(try await server.forward("client_id=web", headers: page).status == 401)
            let cookie = try await cookie(server)
            #expect(try await server.forward("client_id=web&redirect=1", cookie: cookie, headers: page).status == 200)
        }
    }

    // MARK: Minted tokens

    private func minted(_ response: TestResponse) throws -> String {
        try #require(response[field: "X-Latchkey-Token"], "\(response.status)")
    }

    @Test func `a minted token is a short one for the client's audience, by an independent reader`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            let session = try await server.session(cookie)
            let token = try minted(try await server.forward("client_id=web&token=1", cookie: cookie))
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
            let claims = try UnverifiedToken(parsing: token).unverifiedClaims()
            #expect(claims.audience == [TestServer.audience])
            #expect(claims.subject == session["sub"])
            #expect(claims.sessionID?.description == session["sid"])
            #expect(claims.scope == Scope("openid orders"))
            #expect(claims.roles == ["editor", "staff"])
            #expect(claims.expiresAt.seconds - claims.issuedAt.seconds == 60)
            // It opens nothing of ours that changes anything of the account.
            #expect(try await server.http.authorised("GET", "/api/v1/sessions", bearer: token).status == 403)
        }
    }

    @Test func `a token minted for one upstream is no good at the client's other ones`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient("web", audiences: ["https://a.example", "https://b.example"])
            let login = try #require(try await server.login(client: "web")["access_token"])
            let (a, b) = ("audience=https%3A%2F%2Fa.example", "audience=https%3A%2F%2Fb.example")
            let first = try minted(try await server.forward("\(a)&token=1", bearer: login))
            #expect(try UnverifiedToken(parsing: first).unverifiedClaims().audience == ["https://a.example"])
            #expect(try await server.forward(a, bearer: first).status == 200)
            #expect(try await server.forward("\(b)&token=1", bearer: first).status == 401)
            // Not the cached one of the other upstream either.
            let second = try minted(try await server.forward("\(b)&token=1", bearer: login))
            #expect(try UnverifiedToken(parsing: second).unverifiedClaims().audience == ["https://b.example"])
        }
    }

    @Test func `a minted token is handed out for at most twenty seconds, and never once revoked`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            let cookie = try await cookie(server)
            let query = "client_id=web&token=1"
            let first = try minted(try await server.forward(query, cookie: cookie))
            clock.advance(by: .seconds(19))
            #expect(try minted(try await server.forward(query, cookie: cookie)) == first)
            clock.advance(by: .seconds(1))
            let second = try minted(try await server.forward(query, cookie: cookie))
            #expect(second != first)

            // Of the tokens alone: the session lives, and gets a new one.
            clock.advance(by: .seconds(1))
            _ = try await server.revoke("all", sessions: false)
            let third = try minted(try await server.forward(query, cookie: cookie))
            #expect(third != second)
            // Other roles, another token.
            let user = try await server.services.users.find("Äda Löwe")
            _ = try await server.overSocket.send(
                "PATCH", "/api/v1/admin/users/\(user.id)", body: #"{"roles":["staff"]}"#)
            let fourth = try minted(try await server.forward(query, cookie: cookie))
            #expect(try UnverifiedToken(parsing: fourth).unverifiedClaims().roles == ["staff"])

            _ = try await server.logOut(cookie)
            let ended = try await server.forward(query, cookie: cookie)
            #expect(ended.status == 401)
            #expect(ended[field: "X-Latchkey-Token"] == nil)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            try await reader.poll()
            #expect(try await reader.judge(fourth) == .revoked("session"))
        }
    }

    @Test func `exchanging one token for the next does not extend its life`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            // A session in use beside it, so that there is a fresh minted token at hand.
            let first = try await bearer(server)
            let end = try UnverifiedToken(parsing: first).unverifiedClaims().expiresAt
            var token = first
            clock.set(end - .seconds(70))
            for _ in 0..<7 {
                let response = try await server.forward("client_id=web&token=1", bearer: token)
                token = try minted(response)
                #expect(try UnverifiedToken(parsing: token).unverifiedClaims().expiresAt <= end)
                clock.advance(by: .seconds(9))
            }
            clock.set(end)
            for token in [first, token] {
                #expect(try await server.forward("client_id=web", bearer: token).status == 401)
            }
        }
    }

    @Test func `a token with a session can be exchanged too, and one without is passed as it is`() async throws {
        try await withServer(["tokens.access_ttl": "30s"]) { server in
            try await prepare(server)
            let secret = try await server.addConfidentialClient(audiences: [TestServer.audience])
            let narrow = try await bearer(server, scope: "orders")
            let token = try minted(try await server.forward("client_id=web&token=1", bearer: narrow))
            let claims = try UnverifiedToken(parsing: token).unverifiedClaims()
            #expect(claims.scope == Scope("orders"))
            #expect(try claims.expiresAt <= UnverifiedToken(parsing: narrow).unverifiedClaims().expiresAt)
            // Never longer than the tokens whose revocations the list keeps.
            let short = try minted(try await server.forward("client_id=web&token=1", cookie: try await cookie(server)))
            let times = try UnverifiedToken(parsing: short).unverifiedClaims()
            #expect(times.expiresAt.seconds - times.issuedAt.seconds == 30)

            let service = try await server.serviceToken(secret: secret)
            let response = try await server.forward("client_id=service&token=1", bearer: service)
            #expect(response.status == 200)
            #expect(response[field: "X-Latchkey-Subject"] == "service")
            #expect(response[field: "X-Latchkey-Session"] == "")
            #expect(response[field: "X-Latchkey-Token"] == nil)
            _ = try await server.revoke("client", "service")
            #expect(try await server.forward("client_id=service", bearer: service).status == 401)
        }
    }

    @Test(arguments: SessionEndTests.Cause.allCases.filter { $0 != .revokeOthers && $0 != .logout })
    func `a token of a session is refused at once by`(cause: SessionEndTests.Cause) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let login = try await server.login(client: "web")
            let token = try #require(login["access_token"])
            let sid = try #require(login["sid"])
            #expect(try await server.forward("client_id=web", bearer: token).status == 200)
            // The cause looks at a server session; those by one id are done here.
            switch cause {
            case .admin:
                #expect(try await server.overSocket.send("DELETE", "/api/v1/admin/sessions/\(sid)").status == 204)
            case .revokeSession: #expect(try await server.revoke("session", sid).status == 201)
            default: try await cause.happen(server, cookie: try await server.signedIn())
            }
            #expect(try await server.forward("client_id=web", bearer: token).status == 401)
        }
    }
}
