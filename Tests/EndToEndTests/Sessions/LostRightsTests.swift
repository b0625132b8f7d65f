import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

/// What a client or a user has lost is lost at once, also for tokens that were issued before.
struct LostRightsTests {
    private func clientToken(_ server: TestServer, _ secret: String) async throws -> TestResponse {
        try await server.http.post(
            "/oauth2/token",
            form: [
                ("grant_type", "client_credentials"), ("client_id", "tool"), ("client_secret", secret),
                ("scope", "latchkey:admin"),
            ])
    }

    @Test func `a client that lost latchkey admin is refused with the token it has, and gets no other`() async throws {
        try await withServer { server in
            let secret = try await server.addConfidentialClient("tool", scope: "latchkey:admin orders:read")
            let token = try #require(try await clientToken(server, secret)["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/admin/users", bearer: token).status == 200)
            try await server.services.clients.update(try #require(ClientID("tool")), actor: .operator) {
                $0.scope = Scope("orders:read")
            }
            #expect(try await server.http.authorised("GET", "/api/v1/admin/users", bearer: token).status == 403)
            #expect(try await clientToken(server, secret)["error"] == "invalid_scope")
        }
    }

    @Test func `a disabled client's own token opens nothing`() async throws {
        try await withServer { server in
            let secret = try await server.addConfidentialClient("tool", scope: "latchkey:admin")
            let token = try #require(try await clientToken(server, secret)["access_token"])
            _ = try await server.services.clients.setDisabled(
                try #require(ClientID("tool")), true, actor: .operator)
            #expect(try await server.http.authorised("GET", "/api/v1/admin/users", bearer: token).status == 401)
        }
    }

    @Test func `parallel master key rotations leave a key file that opens the database`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask { _ = try? await server.services.masterKeys.rotate(leaked: false, actor: .operator) }
                    group.addTask { _ = try? await server.addConfidentialClient("c\(Int.random(in: 0..<1_000_000))") }
                }
            }
        }
        try await withServer(folder: folder) { server in
            let login = try await server.login()
            #expect(login.status == 200)
        }
    }

    @Test func `a leaked key can be dropped when all slots are in use`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            for _ in 0..<15 { _ = try await server.services.masterKeys.rotate(leaked: false, actor: .operator) }
            await #expect(throws: Refusal(.conflict, "")) {
                try await server.services.masterKeys.rotate(leaked: false, actor: .operator)
            }
            let rotation = try await server.services.masterKeys.rotate(leaked: true, actor: .operator)
            #expect(rotation.olderSlots.isEmpty)
        }
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            #expect(try await server.login().status == 200)
        }
    }

    @Test func `a password change over transport cookie asks for the page's origin like a login`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient("shop", origins: ["https://shop.example.com"])
            let cookieHeaders = [("X-Latchkey-CSRF", "1"), ("Origin", "https://shop.example.com")]
            let login = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": .string("ada"), "password": .string(TestServer.password), "client_id": .string("shop"),
                    "transport": .string("cookie"), "scope": .string("latchkey:account"),
                ], headers: cookieHeaders)
            let token = try #require(login["access_token"])
            let body: [String: JSONValue] = [
                "current_password": .string(TestServer.password), "new_password": .string("another calm otter pond"),
            ]
            for headers in [
                [], [("Origin", "https://shop.example.com")],
                [("X-Latchkey-CSRF", "1"), ("Origin", "https://evil.example")],
            ] {
                let answer = try await server.http.post("/api/v1/password", json: body, headers: headers, bearer: token)
                #expect(answer.status == 403)
                #expect(answer[field: "Set-Cookie"] == nil)
            }
            let changed = try await server.http.post(
                "/api/v1/password", json: body, headers: cookieHeaders, bearer: token)
            #expect(changed.status == 200)
            #expect(changed[field: "Set-Cookie"] != nil)
        }
    }
}
