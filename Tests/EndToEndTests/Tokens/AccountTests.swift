import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The user's own API: `/api/v1/me`, `sessions`, `password`, `logout`.
struct AccountTests {
    private static let account = "latchkey:account"

    private func signIn(_ server: TestServer, _ name: String = "ada", scope: String? = account) async throws -> String {
        try #require(try await server.login(name, scope: scope)["access_token"])
    }

    private func sessions(_ server: TestServer, _ bearer: String) async throws -> [JSONObject] {
        let response = try await server.http.authorised("GET", "/api/v1/sessions", bearer: bearer)
        #expect(response.status == 200)
        return try #require(response.json.object?["items"]?.array).compactMap(\.object)
    }

    @Test func `no token, a bad token and a token for services do not open the account API`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let missing = try await server.http.get("/api/v1/sessions")
            #expect(missing.status == 401)
            #expect(missing[field: "WWW-Authenticate"]?.contains("error=") == false)
            let bad = try await server.http.authorised("GET", "/api/v1/sessions", bearer: "a.b.c")
            #expect(bad.status == 401)
            #expect(bad[field: "WWW-Authenticate"]?.contains("error=\"invalid_token\"") == true)
            let services = try await signIn(server, scope: nil)
            let narrow = try await server.http.authorised("GET", "/api/v1/sessions", bearer: services)
            #expect(narrow.status == 403)
            #expect(narrow["code"] == "insufficient_scope")
            let query = try await server.http.get("/api/v1/me?access_token=\(services)")
            #expect(query.status == 401)
        }
    }

    @Test func `me tells about any live token`() async throws {
        try await withServer { server in
            let user = try await server.addUser(roles: ["editor"])
            try await server.addClient()
            let me = try await server.http.authorised("GET", "/api/v1/me", bearer: try await signIn(server, scope: nil))
            #expect(me.status == 200)
            #expect(me["sub"] == user.id.description)
            #expect(me["user_name"] == "ada")
            #expect(me.json.object?["roles"]?.strings == ["editor"])
            #expect(me[field: "Cache-Control"] == "no-store")
        }
    }

    @Test func `users end their own sessions and nobody else's`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addUser("bob")
            try await server.addClient()
            let ada = try await signIn(server)
            let second = try await signIn(server)
            let bob = try await signIn(server, "bob")
            let own = try await sessions(server, ada)
            #expect(own.count == 2)
            #expect(own.filter { $0["current"]?.bool == true }.count == 1)
            let other = try #require(own.first { $0["current"]?.bool == false }?["id"]?.string)
            let foreign = try await server.http.authorised("DELETE", "/api/v1/sessions/\(other)", bearer: bob)
            #expect(foreign.status == 404)
            for id in ["nonsense", "0193e8f0-0000-7000-8000-000000000000"] {
                let unknown = try await server.http.authorised("DELETE", "/api/v1/sessions/\(id)", bearer: ada)
                #expect(unknown.status == 404)
            }
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: second).status == 200)
            for _ in 0..<2 {
                let ended = try await server.http.authorised("DELETE", "/api/v1/sessions/\(other)", bearer: ada)
                #expect(ended.status == 204)
            }
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: second).status == 401)
            #expect(try await sessions(server, ada).count == 1)
        }
    }

    @Test func `ending the others leaves the caller signed in`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let first = try await signIn(server)
            let others = [try await signIn(server), try await signIn(server)]
            let response = try await server.http.authorised("POST", "/api/v1/sessions/revoke-others", bearer: first)
            #expect(response.integer("revoked") == 2)
            for other in others {
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: other).status == 401)
            }
            #expect(try await sessions(server, first).count == 1)
        }
    }

    @Test func `a password change ends every session and starts one`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let old = try await signIn(server)
            let new = "brave-herons-count-stars"
            func change(_ current: String, _ next: String) async throws -> TestResponse {
                try await server.http.post(
                    "/api/v1/password", json: ["current_password": .string(current), "new_password": .string(next)],
                    bearer: old)
            }
            #expect(try await change("wrong-password-entirely", new)["code"] == "current_password_wrong")
            #expect(try await change(TestServer.password, "short")["code"] == "password_rejected")
            let changed = try await change(TestServer.password, new)
            #expect(changed.status == 200)
            #expect(changed["refresh_token"]?.hasPrefix("lkr_") == true)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: old).status == 401)
            let fresh = try #require(changed["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: fresh).status == 200)
            #expect(try await server.login().status == 401)
        }
    }

    @Test func `logging out twice is fine, with a bearer and with a refresh token`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try await signIn(server)
            for _ in 0..<2 {
                #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
            }
            let login = try await server.login()
            let refresh = try #require(login["refresh_token"])
            for _ in 0..<2 {
                let response = try await server.http.post(
                    "/api/v1/logout", json: ["refresh_token": .string(refresh), "client_id": "spa"])
                #expect(response.status == 204)
            }
            #expect(try await server.refresh(refresh)["latchkey_reason"] == "revoked")
            #expect(try await server.list().entries.count == 2)
        }
    }

    @Test func `a logout that ends nothing says so or does nothing`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await server.addClient("other")
            let login = try await server.login()
            let refresh = try #require(login["refresh_token"])
            #expect(try await server.http.send("POST", "/api/v1/logout").status == 401)
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: "a.b.c").status == 401)
            let foreign = try await server.http.post(
                "/api/v1/logout", json: ["refresh_token": .string(refresh), "client_id": "other"])
            #expect(foreign.status == 204)
            // A token that was revoked by itself says nothing about its session.
            let access = try #require(login["access_token"])
            _ = try await server.http.post("/oauth2/revoke", form: [("token", access), ("client_id", "spa")])
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: access).status == 401)
            #expect(try await server.refresh(refresh).status == 200)
        }
    }
}
