import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `/oauth2/revoke` (RFC 7009) and `/oauth2/introspect` (RFC 7662).
struct RevokeAndIntrospectTests {
    private func basic(_ id: String, _ secret: String) -> [(String, String)] {
        [("Authorization", "Basic " + Data("\(id):\(secret)".utf8).base64EncodedString())]
    }

    private func revoke(_ server: TestServer, _ token: String, client: String = "spa") async throws -> TestResponse {
        try await server.http.post("/oauth2/revoke", form: [("token", token), ("client_id", client)])
    }

    private func ask(
        _ server: TestServer, _ token: String, _ id: String, _ secret: String
    ) async throws -> TestResponse {
        try await server.http.post("/oauth2/introspect", form: [("token", token)], headers: basic(id, secret))
    }

    @Test func `a foreign, an unknown and a missing token revoke nothing`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await server.addClient("other")
            let login = try await server.login()
            let refresh = try #require(login["refresh_token"])
            let access = try #require(login["access_token"])
            for token in [refresh, access, "garbage", "lkr_garbage", access + "x"] {
                let response = try await revoke(server, token, client: "other")
                #expect(response.status == 200)
                #expect(response.body.isEmpty)
            }
            #expect(try await server.list().entries.isEmpty)
            let missing = try await server.http.post("/oauth2/revoke", form: [("client_id", "spa")])
            #expect(missing.status == 400)
            #expect(missing["error"] == "invalid_request")
            #expect(try await server.http.post("/oauth2/revoke", form: [("token", refresh)]).status == 401)
            #expect(try await server.refresh(refresh).status == 200)
        }
    }

    @Test func `an own access token dies alone, an own refresh token takes the session along`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let access = try #require(login["access_token"])
            #expect(try await revoke(server, access).status == 200)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            let next = try await server.refresh(try #require(login["refresh_token"]))
            #expect(next.status == 200)
            #expect(try await revoke(server, try #require(next["refresh_token"])).status == 200)
            let dead = try #require(next["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: dead).status == 401)
            #expect(try await server.list().entries.map(\.kind) == [.token, .session])
            #expect(try await revoke(server, try #require(next["refresh_token"])).status == 200)
            #expect(try await server.list().entries.count == 2)
        }
    }

    @Test func `introspection is for confidential clients`() async throws {
        try await withServer { server in
            try await server.addClient()
            let response = try await server.http.post(
                "/oauth2/introspect", form: [("token", "x"), ("client_id", "spa")])
            #expect(response.status == 401)
            #expect(response["error"] == "invalid_client")
            #expect(try await server.http.post("/oauth2/introspect", form: [("token", "x")]).status == 401)
        }
    }

    @Test func `what does not concern the caller is exactly inactive`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient("spa", audiences: ["https://orders.example.com"])
            let near = try await server.addConfidentialClient("orders", audiences: ["https://orders.example.com"])
            let far = try await server.addConfidentialClient("files", audiences: ["https://files.example.com"])
            let login = try await server.login()
            let access = try #require(login["access_token"])
            let refresh = try #require(login["refresh_token"])
            for (token, id, secret) in [
                (access, "files", far), (refresh, "files", far), (refresh, "orders", near), ("garbage", "orders", near),
            ] {
                let response = try await ask(server, token, id, secret)
                #expect(response.status == 200)
                #expect(response.text == #"{"active":false}"#)
                #expect(response[field: "Cache-Control"] == "no-store")
            }
            let active = try await ask(server, access, "orders", near)
            #expect(active.json.object?["active"]?.bool == true)
            #expect(active["client_id"] == "spa")
            #expect(active["token_type"] == "Bearer")
            #expect(try await revoke(server, access).status == 200)
            #expect(try await ask(server, access, "orders", near).text == #"{"active":false}"#)
        }
    }

    @Test(arguments: ["expiry", "session", "user", "key"])
    func `a token that was active a moment ago is checked again`(end: String) async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient("spa", audiences: ["https://orders.example.com"])
            let secret = try await server.addConfidentialClient("orders", audiences: ["https://orders.example.com"])
            let login = try await server.login()
            let access = try #require(login["access_token"])
            let refresh = try #require(login["refresh_token"])
            for _ in 0..<2 {
                #expect(try await ask(server, access, "orders", secret).text.hasPrefix(#"{"active":true,"#))
            }
            // Whatever is remembered of a token is remembered of all its bytes.
            let last = try #require(access.last)
            let altered = String(access.dropLast()) + (last == "A" ? "Q" : "A")
            #expect(try await ask(server, altered, "orders", secret).text == #"{"active":false}"#)
            switch end {
            case "expiry": clock.advance(by: .seconds(300))
            case "session":
                let session = try #require(RefreshToken(refresh)?.session)
                _ = try await server.services.sessions.end(session, reason: .logout, actor: .operator)
            case "user": try await server.services.users.setDisabled("ada", true, actor: .operator)
            default:
                let kid = try #require(try UnverifiedToken(parsing: access).jws.header.keyID)
                try await server.services.keys.emergency(only: kid, actor: .operator)
            }
            #expect(try await ask(server, access, "orders", secret).text == #"{"active":false}"#)
        }
    }

    @Test func `an old client secret ends with its grace, and a client that is disabled at once`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let id = try #require(ClientID("orders"))
            let first = try await server.addConfidentialClient("orders")
            #expect(try await ask(server, "x", "orders", first).status == 200)
            clock.advance(by: .seconds(1))
            let second = try await server.services.clients.rotateSecret(id, grace: .seconds(60), actor: .operator).text
            for secret in [first, second] { #expect(try await ask(server, "x", "orders", secret).status == 200) }
            clock.advance(by: .seconds(60))
            #expect(try await ask(server, "x", "orders", first).status == 401)
            let third = try await server.services.clients.rotateSecret(id, grace: .zero, actor: .operator).text
            #expect(try await ask(server, "x", "orders", second).status == 401)
            #expect(try await ask(server, "x", "orders", third).status == 200)
            _ = try await server.services.masterKeys.rotate(leaked: false, actor: .operator)
            #expect(try await ask(server, "x", "orders", third).status == 200)
            try await server.services.clients.setDisabled(id, true, actor: .operator)
            #expect(try await ask(server, "x", "orders", third).status == 401)
        }
    }
}
