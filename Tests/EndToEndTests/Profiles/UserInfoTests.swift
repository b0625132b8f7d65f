import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// UserInfo over HTTP: who may ask, where a token may be, and what is told.
struct UserInfoTests {
    private static let path = "/oauth2/userinfo"
    private static let origin = "https://app.example.com"

    private func prepare(_ server: TestServer) async throws {
        try await server.addUser()
        try await server.addClient(
            "spa", origins: [Self.origin], scope: "openid profile email address phone staff latchkey:account",
            audiences: ["https://api.example.com"])
        var profile = ProfileDraft()
        profile.email = .set("Ada@example.com")
        profile.displayName = .set(#"Ada "<script>" Lovelace"#)
        profile.claims = .set(
            try StrictJSON.parseObject(
                Array(#"{"given_name":"Ada","department":"sales","address":{"country":"UK"}}"#.utf8)))
        try await server.services.users.update("ada", UserChange(), profile: profile, actor: .operator)
    }

    private func token(_ server: TestServer, _ scope: String = "openid profile email") async throws -> String {
        try #require(try await server.login(scope: scope)["access_token"])
    }

    private func names(_ response: TestResponse) -> [String] { response.json.object?.members.map(\.name) ?? [] }

    @Test func `a token of any audience is told what its scope releases, by GET and by POST`() async throws {
        try await withServer(["claims.scopes": "staff=department"]) { server in
            try await prepare(server)
            let sub = try await server.services.users.find("ada").id.description
            let bearer = try await token(server)
            let get = try await server.http.authorised("GET", Self.path, bearer: bearer)
            #expect(get.status == 200)
            #expect(
                names(get) == [
                    "sub", "name", "preferred_username", "given_name", "updated_at", "email", "email_verified",
                ])
            #expect(get["sub"] == sub)
            #expect(get["name"] == #"Ada "<script>" Lovelace"#)
            #expect(get.json.object?["email_verified"]?.bool == false)
            #expect(get[field: "Content-Type"] == "application/json")
            #expect(get[field: "Cache-Control"] == "no-store")
            #expect(get[field: "X-Content-Type-Options"] == "nosniff")
            let post = try await server.http.post(
                Self.path, form: [], headers: [("Authorization", "Bearer \(bearer)")])
            let form = try await server.http.post(Self.path, form: [("access_token", bearer)])
            let empty = try await server.http.authorised("POST", Self.path, bearer: bearer)
            for answer in [post, form, empty] { #expect(answer.body == get.body, "\(answer.text)") }
            for (scope, expected) in [
                ("openid", ["sub"]), ("openid address phone", ["sub", "address"]),
                ("openid staff", ["sub", "department"]),
            ] {
                let answer = try await server.http.authorised(
                    "GET", Self.path, bearer: try await token(server, scope))
                #expect(names(answer) == expected)
            }
        }
    }

    @Test func `a token in the query is refused, and so are two`() async throws {
        try await withServer { server in
            try await prepare(server)
            let bearer = try await token(server)
            let header = [("Authorization", "Bearer \(bearer)")]
            let query = try await server.http.get("\(Self.path)?access_token=\(bearer)")
            let both = try await server.http.get("\(Self.path)?access_token=x", headers: header)
            let posted = try await server.http.post(
                "\(Self.path)?access_token=\(bearer)", form: [("access_token", bearer)])
            let twice = try await server.http.post(Self.path, form: [("access_token", bearer)], headers: header)
            let repeated = try await server.http.post(
                Self.path, form: [("access_token", bearer), ("access_token", bearer)])
            let malformed = try await server.http.post(Self.path, form: [("access_token", bearer + " x")])
            for answer in [query, both, posted, twice, repeated, malformed] {
                #expect(answer.status == 400, "\(answer.text)")
                #expect(answer["error"] == "invalid_request")
                #expect(answer[field: "WWW-Authenticate"]?.contains(#"error="invalid_request""#) == true)
                #expect(!answer.text.contains(bearer))
            }
        }
    }

    @Test func `without a token the challenge says no more than how`() async throws {
        try await withServer { server in
            try await prepare(server)
            let bearer = try await token(server)
            let get = try await server.http.get(Self.path)
            let form = try await server.http.post(Self.path, form: [("access_token", "")])
            let basic = try await server.http.get(Self.path, headers: [("Authorization", "Basic YTpi")])
            let getWithForm = try await server.http.send(
                "GET", Self.path, headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array("access_token=\(bearer)".utf8))
            let json = try await server.http.post(Self.path, json: ["access_token": .string(bearer)])
            for answer in [get, form, basic, getWithForm, json] {
                #expect(answer.status == 401, "\(answer.text)")
                #expect(answer[field: "WWW-Authenticate"]?.hasPrefix("Bearer ") == true)
                #expect(answer[field: "WWW-Authenticate"]?.contains("error") == false)
            }
            #expect(try await server.http.authorised("PUT", Self.path, bearer: bearer).status == 405)
        }
    }

    @Test func `a token without openid, of a client itself, or of nobody is refused`() async throws {
        try await withServer { server in
            try await prepare(server)
            let secret = try await server.addConfidentialClient(scope: "openid orders")
            let machine = try await server.http.post(
                "/oauth2/token",
                form: [("grant_type", "client_credentials"), ("client_id", "service"), ("client_secret", secret)])
            let insufficient = [
                try await token(server, "profile email"), try await token(server, "latchkey:account"),
                try #require(machine["access_token"]),
            ]
            for bearer in insufficient {
                let answer = try await server.http.authorised("GET", Self.path, bearer: bearer)
                #expect(answer.status == 403, "\(answer.text)")
                #expect(answer["error"] == "insufficient_scope")
                #expect(
                    answer[field: "WWW-Authenticate"]?.contains(#"error="insufficient_scope""#) == true
                        && answer[field: "WWW-Authenticate"]?.contains(#"scope="openid""#) == true)
            }
            let refresh = try #require(try await server.login()["refresh_token"])
            let good = try await token(server)
            for bearer in [
                refresh, "x", "a.b.c", good + "x", String(good.dropLast()), String(repeating: "a", count: 8000),
            ] {
                let answer = try await server.http.authorised("GET", Self.path, bearer: bearer)
                #expect(answer.status == 401, "\(answer.text)")
                #expect(answer["error"] == "invalid_token")
                #expect(answer[field: "WWW-Authenticate"]?.contains(#"error="invalid_token""#) == true)
            }
        }
    }

    @Test func `what ends a token ends it here at once`() async throws {
        try await withServer { server in
            try await prepare(server)
            let ends: [(String, @Sendable (String, String) async throws -> Void)] = [
                (
                    "sign-out",
                    { bearer, _ in _ = try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer) }
                ),
                ("session revoked", { _, sid in _ = try await server.revoke("session", sid) }),
                (
                    "disabled",
                    { _, _ in _ = try await server.services.users.setDisabled("ada", true, actor: .operator) }
                ),
                (
                    "enabled again",
                    { _, _ in _ = try await server.services.users.setDisabled("ada", false, actor: .operator) }
                ),
            ]
            var bearer = try await token(server)
            for (what, end) in ends {
                if what == "sign-out" || what == "session revoked" || what == "disabled" {
                    bearer = try await token(server)
                    #expect(try await server.http.authorised("GET", Self.path, bearer: bearer).status == 200, "\(what)")
                }
                let sid = try UnverifiedToken(parsing: bearer).unverifiedClaims().sessionID?.description
                try await end(bearer, sid ?? "")
                #expect(try await server.http.authorised("GET", Self.path, bearer: bearer).status == 401, "\(what)")
            }
        }
    }

    @Test func `an expired token is refused, and a scope that the client lost is no longer told`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            let bearer = try await token(server)
            _ = try await server.services.clients.update(try #require(ClientID("spa")), actor: .operator) {
                $0.scope = Scope("openid profile")
            }
            let less = try await server.http.authorised("GET", Self.path, bearer: bearer)
            #expect(less.status == 200 && less["email"] == nil && less["name"] != nil)
            clock.advance(by: .seconds(301))
            #expect(try await server.http.authorised("GET", Self.path, bearer: bearer).status == 401)
        }
    }

    @Test func `a token that an administrator made is told the user too, until the user is gone`() async throws {
        try await withServer { server in
            try await prepare(server)
            let minted = try await server.overSocket.send(
                "POST", "/api/v1/admin/tokens", body: #"{"user":"ada","client_id":"spa","scope":"openid email"}"#)
            let bearer = try #require(minted["access_token"])
            #expect(try await server.http.authorised("GET", Self.path, bearer: bearer)["email"] == "Ada@example.com")
            try await server.services.users.delete("ada", actor: .operator)
            #expect(try await server.http.authorised("GET", Self.path, bearer: bearer).status == 401)
        }
    }

    @Test func `pages of the token's client may read answers and refusals, and no others`() async throws {
        try await withServer { server in
            try await prepare(server)
            try await server.addClient("shop", origins: ["https://shop.example.com"])
            let bearer = try await token(server)
            let preflight = try await server.http.send(
                "OPTIONS", Self.path,
                headers: [
                    ("Origin", Self.origin), ("Access-Control-Request-Method", "GET"),
                    ("Access-Control-Request-Headers", "authorization"),
                ])
            #expect(preflight.status == 204)
            #expect(preflight[field: "Access-Control-Allow-Origin"] == Self.origin)
            for (origin, isReadable) in [
                (Self.origin, true), ("https://shop.example.com", false), ("https://evil.test", false), ("null", false),
            ] {
                let headers = [("Origin", origin)]
                let got = try await server.http.authorised("GET", Self.path, bearer: bearer, headers: headers)
                let form = try await server.http.post(Self.path, form: [("access_token", bearer)], headers: headers)
                for answer in [got, form] {
                    #expect(answer.status == 200)
                    #expect(answer[field: "Access-Control-Allow-Origin"] == (isReadable ? origin : nil))
                    #expect(answer[field: "Vary"] == "Origin")
                }
                let spoilt = try await server.http.authorised(
                    "GET", Self.path, bearer: String(bearer.dropLast(4)) + "AAAA", headers: headers)
                #expect(spoilt.status == 401)
                #expect(spoilt[field: "Access-Control-Allow-Origin"] == (isReadable ? origin : nil))
                let none = try await server.http.get(Self.path, headers: headers)
                #expect(none.status == 401)
                let isRegistered = isReadable || origin == "https://shop.example.com"
                #expect(none[field: "Access-Control-Allow-Origin"] == (isRegistered ? origin : nil))
            }
        }
    }
}
