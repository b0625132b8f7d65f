import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Scopes of our own API that are asked for together with others: every answer says where they are.
struct SeparateScopeTests {
    private static let member = "latchkey_separate_scope"
    private static let both = "openid latchkey:account"

    private func list(_ server: TestServer, _ bearer: String?) async throws -> TestResponse {
        try await server.http.authorised("GET", "/api/v1/sessions", bearer: try #require(bearer))
    }

    @Test func `a login that asked for both kinds learns of the separate one, and the refusal says how to get it`()
        async throws
    {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login(scope: Self.both)
            #expect(login["scope"] == "openid")
            #expect(login[Self.member] == "latchkey:account")
            let refused = try await list(server, login["access_token"])
            #expect(refused.status == 403)
            #expect(refused["code"] == "insufficient_scope")
            #expect(refused["detail"]?.contains("refresh with scope=latchkey:account alone") == true)
            let challenge = refused[field: "WWW-Authenticate"] ?? ""
            #expect(challenge.contains("scope=\"latchkey:account\""))
            #expect(challenge.contains("refresh with scope=latchkey:account alone"))

            let refresh = try #require(login["refresh_token"])
            let account = try await server.refresh(refresh, scope: "latchkey:account")
            #expect(account["scope"] == "latchkey:account")
            #expect(account[Self.member] == nil)
            #expect(try await list(server, account["access_token"]).status == 200)
        }
    }

    @Test func `a refresh tells the same, at both endpoints and by cookie`() async throws {
        try await withServer(clock: TestClock()) { server in
            try await server.addUser()
            try await server.addClient(origins: ["https://app.example.com"])
            var token = try #require(try await server.login(scope: Self.both)["refresh_token"])
            for (asked, scope, separate) in [
                (nil, "openid", "latchkey:account"), ("latchkey:account openid", "openid", "latchkey:account"),
                ("openid", "openid", nil), ("latchkey:account", "latchkey:account", nil),
            ] as [(String?, String, String?)] {
                let answer = try await server.refresh(token, scope: asked)
                #expect(answer["scope"] == scope)
                #expect(answer[Self.member] == separate, "\(asked ?? "-")")
                token = try #require(answer["refresh_token"])
                var body: [String: JSONValue] = ["client_id": "spa", "refresh_token": .string(token)]
                if let asked { body["scope"] = .string(asked) }
                let problem = try await server.http.post("/api/v1/refresh", json: body)
                #expect(problem["scope"] == scope)
                #expect(problem[Self.member] == separate, "\(asked ?? "-")")
                token = try #require(problem["refresh_token"])
            }
            let page = [("X-Latchkey-CSRF", "1"), ("Origin", "https://app.example.com")]
            let login = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    "scope": .string(Self.both), "transport": "cookie",
                ], headers: page)
            #expect(login[Self.member] == "latchkey:account")
            let cookie = try #require(login.cookie("latchkey_dev_refresh_spa"))
            let again = try await server.http.post(
                "/api/v1/refresh", json: ["client_id": "spa"], headers: page + [("Cookie", cookie)])
            #expect(again[Self.member] == "latchkey:account")
        }
    }

    @Test func `a client's own token tells the same`() async throws {
        try await withServer { server in
            let secret = try await server.addConfidentialClient("tool", scope: "orders:read latchkey:admin")
            func token(_ scope: String) async throws -> TestResponse {
                try await server.http.post(
                    "/oauth2/token",
                    form: [
                        ("grant_type", "client_credentials"), ("client_id", "tool"), ("client_secret", secret),
                        ("scope", scope),
                    ])
            }
            let mixed = try await token("orders:read latchkey:admin")
            #expect(mixed["scope"] == "orders:read")
            #expect(mixed[Self.member] == "latchkey:admin")
            let refused = try await server.http.authorised(
                "GET", "/api/v1/admin/users", bearer: try #require(mixed["access_token"]))
            #expect(refused.status == 403)
            #expect(refused["detail"]?.contains("client_credentials with scope=latchkey:admin alone") == true)
            let alone = try await token("latchkey:admin")
            #expect(alone[Self.member] == nil)
            #expect(
                try await server.http.authorised(
                    "GET", "/api/v1/admin/users", bearer: try #require(alone["access_token"])
                ).status == 200)
            // What belongs to people is not to be had this way, however it is asked for.
            let own = try await server.http.authorised(
                "GET", "/api/v1/sessions", bearer: try #require(mixed["access_token"]))
            #expect(own.status == 403)
            #expect(own["detail"]?.contains("log in with scope=latchkey:account alone") == true)
        }
    }

    @Test func `without the granted scope the refusal points to the login, and not to a refresh that would be refused`()
        async throws
    {
        try await withServer { server in
            try await server.addUser(roles: ["admin"])
            try await server.addClient(scope: "openid latchkey:account latchkey:admin")
            let narrow = try await server.login(scope: "openid")
            #expect(narrow[Self.member] == nil)
            let refused = try await list(server, narrow["access_token"])
            #expect(refused["detail"]?.contains("log in with scope=latchkey:account alone") == true)
            let wide = try await server.login(scope: "openid latchkey:admin")
            #expect(wide[Self.member] == "latchkey:admin")
            func administrate() async throws -> TestResponse {
                try await server.http.authorised(
                    "GET", "/api/v1/admin/users", bearer: try #require(wide["access_token"]))
            }
            #expect(try await administrate()["detail"]?.contains("refresh with scope=latchkey:admin") == true)
            // The client has lost it since the login.
            try await server.services.clients.update(try #require(ClientID("spa")), actor: .operator) {
                $0.scope = Scope("openid latchkey:account")
            }
            #expect(try await administrate()["detail"]?.contains("log in with scope=latchkey:admin") == true)
        }
    }

    @Test func `a token of another scope whose session has ended is 401 and no advice`() async throws {
        try await withServer { server in
            let user = try await server.addUser()
            try await server.addClient()
            let login = try await server.login(scope: Self.both)
            try await server.services.store.deleteUser(user.id, actor: .operator)
            let refused = try await list(server, login["access_token"])
            #expect(refused.status == 401)
            #expect(refused["code"] == "invalid_token")
        }
    }
}
