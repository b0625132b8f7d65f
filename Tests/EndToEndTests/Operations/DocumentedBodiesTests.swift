import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Real requests and answers against the schemas of `/openapi.json`: those of hand-written JSON cannot be derived from it,
/// so they are held to it here, in both directions.
struct DocumentedBodiesTests {
    private static let everything = ["shared_signals.enabled": "true", "status_list.enabled": "true"]

    private func prepare(_ server: TestServer) async throws -> String {
        try await server.addUser("ada", roles: ["admin", "editor"])
        try await server.addUser("grace")
        try await server.addClient(scope: "openid latchkey:account latchkey:admin")
        try await server.addWebClient()
        return try await server.addConfidentialClient("backend", scope: "openid orders", firstParty: true)
    }

    /// Expects that each member of these schemas was there in some answer.
    private func expectComplete(_ judge: DocumentJudge, _ schemas: [String]) throws {
        for schema in schemas {
            #expect(judge.seen[schema] == Set(try judge.members(of: schema).all.keys), "\(schema)")
        }
    }

    /// The answers of a sign-in on pages.
    private func expectOfCode(_ judge: DocumentJudge, _ server: TestServer) async throws {
        let scene = SignInScene(server)
        let secret = try #require(try await scene.addClient("site", kind: .confidential))
        let code = try await scene.signIn(scene.browser(), "ada", ["client_id": "site"])["code"]
        let tokens = try await scene.redeem(code, client: "site", secret: secret)
        try judge.expect("POST /oauth2/token", tokens, 200)
        let told = try await server.http.post(
            "/oauth2/introspect",
            form: [
                ("token", try #require(tokens["access_token"])), ("client_id", "site"), ("client_secret", secret),
            ])
        try judge.expect("POST /oauth2/introspect", told, 200)
        #expect(told["acr"] == "urn:latchkey:1fa")
    }

    @Test func `what the OAuth endpoints and the published lists answer is what the document says`() async throws {
        try await withServer(Self.everything) { server in
            let judge = try await DocumentJudge(server)
            let secret = try await prepare(server)
            let login = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    "scope": "openid latchkey:account", "device_name": "Phone",
                ])
            try judge.expect("POST /api/v1/login", login, 200)
            let token = try #require(login["refresh_token"])
            try judge.expect("POST /oauth2/token", try await server.refresh(token), 200)
            try judge.expect("POST /oauth2/token", try await server.refresh(token + "x"), 400)
            try judge.expect("POST /oauth2/token", try await server.http.post("/oauth2/token", form: []), 400)

            try await expectOfCode(judge, server)

            let basic = [("Authorization", "Basic " + Data("backend:\(secret)".utf8).base64EncodedString())]
            let own = try await server.http.post(
                "/api/v1/login",
                json: ["username": "ada", "password": .string(TestServer.password), "client_id": "backend"],
                headers: basic)
            try judge.expect("POST /api/v1/login", own, 200)
            for name in ["access_token", "refresh_token"] {
                let answer = try await server.http.post(
                    "/oauth2/introspect", form: [("token", try #require(own[name]))], headers: basic)
                try judge.expect("POST /oauth2/introspect", answer, 200)
                #expect(answer.json.object?["active"]?.bool == true)
            }
            let inactive = try await server.http.post("/oauth2/introspect", form: [("token", "x")], headers: basic)
            try judge.expect("POST /oauth2/introspect", inactive, 200)
            let revoked = try await server.http.post(
                "/oauth2/revoke", form: [("token", try #require(own["refresh_token"]))], headers: basic)
            try judge.expect("POST /oauth2/revoke", revoked, 200)
            let user = try await server.overSocket.send("POST", "/api/v1/admin/users/ada/disable")
            try judge.expect("POST /api/v1/admin/users/{user}/disable", user, 200)

            try judge.expect("GET /revocations", try await server.http.get("/revocations"), 200)
            try judge.expect("GET /revocations.jwt", try await server.http.get("/revocations.jwt"), 200)
            try judge.expect("GET /statuslists", try await server.http.get("/statuslists"), 200)
            for path in [
                "/.well-known/jwks.json", "/.well-known/oauth-authorization-server",
                "/.well-known/openid-configuration", "/healthz", "/readyz",
            ] {
                try judge.expect("GET \(path)", try await server.http.get(path), 200)
            }
            try expectComplete(
                judge,
                [
                    "TokenResponse", "OAuthError", "Introspection", "RevocationDocument", "RevocationListEntry",
                    "StatusListAggregation", "Health",
                ])
        }
    }

    @Test func `what the user's own API answers is what the document says`() async throws {
        try await withServer { server in
            let judge = try await DocumentJudge(server)
            _ = try await prepare(server)
            let start = try await server.browser.get("/start?client_id=web")
            let state = try #require(start.redirected("state"))
            let redirected = try await server.signIn(
                more: ["redirect_uri": .string(TestServer.callback), "state": .string(state)])
            try judge.expect("POST /api/v1/login", redirected, 200)
            let signedIn = try await server.signIn()
            try judge.expect("POST /api/v1/login", signedIn, 200)
            let cookie = try #require(signedIn.cookie("latchkey_dev_session"))
            try judge.expect("GET /api/v1/session", try await server.session(cookie), 200)
            try judge.expect("GET /api/v1/session", try await server.session(nil), 401)

            let login = try await server.login(scope: "latchkey:account")
            let bearer = try #require(login["access_token"])
            let sid = try #require(login["sid"])
            try judge.expect(
                "GET /api/v1/me", try await server.http.authorised("GET", "/api/v1/me", bearer: bearer), 200)
            try judge.expect(
                "GET /api/v1/sessions", try await server.http.authorised("GET", "/api/v1/sessions", bearer: bearer), 200
            )
            let renamed = try await server.http.send(
                "PATCH", "/api/v1/sessions/\(sid)",
                headers: [("Authorization", "Bearer \(bearer)"), ("Content-Type", "application/json")],
                body: Array(#"{"device_name":"Phone"}"#.utf8))
            try judge.expect("PATCH /api/v1/sessions/{sid}", renamed, 200)
            let others = try await server.http.post("/api/v1/sessions/revoke-others", json: [:], bearer: bearer)
            try judge.expect("POST /api/v1/sessions/revoke-others", others, 200)
            let wrong = try await server.http.post(
                "/api/v1/password", json: ["current_password": "x", "new_password": "y"], bearer: bearer)
            try judge.expect("POST /api/v1/password", wrong, 403)
            let refreshed = try await server.http.post(
                "/api/v1/refresh",
                json: ["client_id": "spa", "refresh_token": .string(try #require(login["refresh_token"]))])
            try judge.expect("POST /api/v1/refresh", refreshed, 200)
            try expectComplete(judge, ["ServerSession", "LoginRedirect", "Me", "OwnSession", "RevokedCount"])
        }
    }

    @Test func `what the admin API answers is what the document says`() async throws {
        try await withServer(Self.everything) { server in
            let judge = try await DocumentJudge(server)
            _ = try await prepare(server)
            _ = try await Receiver(server)
            let sid = try #require(try await server.login()["sid"])
            _ = try await server.http.get("/revocations?consumer=orders")
            let prefix = "/api/v1/admin"
            func expect(_ operation: String, _ path: String, _ status: Int = 200, _ body: String? = nil) async throws {
                let method = try #require(operation.split(separator: " ").first.map(String.init))
                let answer = try await server.overSocket.send(
                    method, prefix + path, body: body)
                try judge.expect(operation.replacing(" ", with: " " + prefix, maxReplacements: 1), answer, status)
            }
            try await expect("GET /users", "/users")
            try await expect("GET /clients", "/clients")
            try await expect("GET /sessions", "/sessions")
            try await expect("GET /sessions/{sid}", "/sessions/\(sid)")
            try await expect("GET /keys", "/keys")
            try await expect("GET /consumers", "/consumers")
            try await expect("GET /streams", "/streams")
            try await expect("GET /stats", "/stats")
            try await expect("POST /revocations", "/revocations", 201, #"{"kind":"session","id":"\#(sid)"}"#)
            try await expect("POST /revocations", "/revocations", 200, #"{"kind":"session","id":"\#(sid)"}"#)
            try await expect("GET /revocations", "/revocations")
            try await expect("GET /revocations", "/revocations?after=0")
            try await expect("GET /revocations/{seq}", "/revocations/1")
            try await expect("GET /sessions/{sid}/explain", "/sessions/\(sid)/explain")
            try await expect("GET /audit", "/audit?limit=1000")
            try await expect("POST /tokens", "/tokens", 201, #"{"user":"ada","client_id":"spa"}"#)
            try await expect("POST /users", "/users", 400, #"{"name":"x","pasword":"y"}"#)
            try await expect(
                "POST /clients", "/clients", 201, #"{"id":"other","kind":"confidential","scope":"openid"}"#)
            try await expect("POST /clients/{client}/rotate-secret", "/clients/other/rotate-secret", 200, "{}")
        }
    }

    @Test func `what the event endpoints answer is what the document says`() async throws {
        try await withServer(Self.everything) { server in
            let judge = try await DocumentJudge(server)
            _ = try await prepare(server)
            let kinds = #"["https://schemas.openid.net/secevent/caep/event-type/session-revoked"]"#
            let receiver = try await Receiver(server, requested: kinds)
            let changed = try await receiver.send(
                "PATCH", "/ssf/stream", #"{"stream_id":"\#(receiver.stream)","description":"Orders"}"#)
            try judge.expect("PATCH /ssf/stream", changed, 200)
            let status = #"{"stream_id":"\#(receiver.stream)","status":"enabled","reason":"why not"}"#
            try judge.expect("POST /ssf/status", try await receiver.send("POST", "/ssf/status", status), 200)
            for state in ["a", "b"] {
                let body = #"{"stream_id":"\#(receiver.stream)","state":"\#(state)"}"#
                let answer = try await receiver.send("POST", "/ssf/verify", body)
                #expect([204, 429].contains(answer.status), "\(answer.text)")
            }
            _ = try await server.loginAndLogout()
            _ = try await server.loginAndLogout()
            let batch = try await receiver.poll(#"{"returnImmediately":true,"maxEvents":1}"#)
            try judge.expect("POST /ssf/poll/{stream}", batch, 200)
            try expectComplete(judge, ["StreamConfiguration", "StreamStatus", "EventBatch"])
        }
    }

    /// A body of each operation that takes hand-written JSON, as it is accepted.
    private func bodies(_ receiver: Receiver) -> [(
        schema: String, method: String, path: String, body: [String: JSONValue]
    )] {
        [
            (
                "LoginRequest", "POST", "/api/v1/login",
                ["username": "ada", "password": .string(TestServer.password), "client_id": "spa"]
            ),
            ("RefreshRequest", "POST", "/api/v1/refresh", ["client_id": "spa", "refresh_token": "lkr_x"]),
            ("LogoutRequest", "POST", "/api/v1/logout", ["client_id": "spa"]),
            (
                "OwnSessionUpdate", "PATCH", "/api/v1/sessions/01930000-0000-7000-8000-000000000000",
                ["device_name": "a"]
            ),
            ("AccountDeletion", "POST", "/api/v1/me/delete", ["current_password": "x"]),
            ("PasswordChange", "POST", "/api/v1/password", ["current_password": "x", "new_password": "y"]),
            ("StreamStatus", "POST", "/ssf/status", ["stream_id": .string(receiver.stream), "status": "enabled"]),
            ("StreamVerification", "POST", "/ssf/verify", ["stream_id": .string(receiver.stream)]),
            ("StreamConfiguration", "PATCH", "/ssf/stream", ["stream_id": .string(receiver.stream)]),
            ("EventPoll", "POST", "/ssf/poll/\(receiver.stream)", ["returnImmediately": true]),
        ]
    }

    @Test func `each documented member of a body is read, and each required one has to be there`() async throws {
        try await withServer(Self.everything) { server in
            let judge = try await DocumentJudge(server)
            _ = try await prepare(server)
            let receiver = try await Receiver(server)
            let account = try #require(try await server.login(scope: "latchkey:account")["access_token"])
            for (schema, method, path, body) in bodies(receiver) {
                let token = path.hasPrefix("/ssf") ? receiver.token : account
                func send(_ body: [String: JSONValue]) async throws -> TestResponse {
                    // Logout with a bearer token looks at nothing else.
                    let bearer = schema == "LogoutRequest" ? [] : [("Authorization", "Bearer \(token)")]
                    return try await server.http.send(
                        method, path, headers: bearer + [("Content-Type", "application/json")],
                        body: JSONWriter.object { json in
                            for member in body.sorted(by: { $0.key < $1.key }) { json.member(member.key, member.value) }
                        })
                }
                let (members, required) = try judge.members(of: schema)
                #expect(Set(body.keys).isSubset(of: members.keys), "\(schema)")
                for (name, described) in members {
                    // Nothing takes an object but where the document says so, and nothing takes a list of numbers.
                    let wrong: JSONValue = described["type"]?.string == "object" ? "x" : .array([.integer(1)])
                    let answer = try await send(body.merging([name: wrong]) { $1 })
                    #expect(answer.status == 400, "\(schema).\(name): \(answer.text)")
                    #expect(answer["detail"]?.contains(name) == true, "\(schema).\(name): \(answer.text)")
                }
                for name in required {
                    let answer = try await send(body.filter { $0.key != name })
                    #expect(answer.status == 400, "\(schema) without \(name): \(answer.text)")
                    #expect(answer["detail"]?.contains(name) == true, "\(schema) without \(name): \(answer.text)")
                }
            }
        }
    }
}
