import Foundation
import LatchkeyBytes
import LatchkeyTokens
import TestSupport
import Testing

/// `/oauth2/token` as strangers, mistaken clients and right ones see it.
struct TokenEndpointTests {
    private func basic(_ id: String, _ secret: String) -> [(String, String)] {
        [("Authorization", "Basic " + Data("\(id):\(PercentEncoding.encode(secret))".utf8).base64EncodedString())]
    }

    private func expectNoStore(_ response: TestResponse, _ location: SourceLocation = #_sourceLocation) {
        #expect(response[field: "Cache-Control"] == "no-store", sourceLocation: location)
        #expect(response[field: "Pragma"] == "no-cache", sourceLocation: location)
        #expect(response[field: "Content-Type"] == "application/json", sourceLocation: location)
    }

    @Test func `wrong methods, bodies and repeated parameters are refused in OAuth's own form`() async throws {
        try await withServer { server in
            try await server.addClient()
            let get = try await server.http.get("/oauth2/token")
            #expect(get.status == 405)
            #expect(get[field: "Allow"] == "POST, OPTIONS")
            #expect(get["error"] == "invalid_request")
            let json = try await server.http.post("/oauth2/token", json: ["grant_type": "refresh_token"])
            #expect(json.status == 415)
            let twice = try await server.http.post(
                "/oauth2/token",
                form: [("grant_type", "refresh_token"), ("client_id", "spa"), ("scope", "a"), ("scope", "b")])
            #expect(twice.status == 400)
            for response in [get, json, twice] {
                #expect(response["error"] == "invalid_request")
                expectNoStore(response)
            }
        }
    }

    @Test(arguments: ["password", "implicit", "authorization_code ", "refresh_token ", "x\"y\\z\r\n\u{7F}ä"])
    func `a grant that does not exist is unsupported, and nothing of it comes back`(grant: String) async throws {
        try await withServer { server in
            try await server.addClient()
            let response = try await server.http.post(
                "/oauth2/token", form: [("grant_type", grant), ("client_id", "spa"), ("username", "ada")])
            #expect(response.status == 400)
            #expect(response["error"] == "unsupported_grant_type")
            let description = try #require(response["error_description"])
            #expect(description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
            #expect(!response.text.contains(grant) || grant.hasSuffix(" "))
            expectNoStore(response)
        }
    }

    @Test func `a secret belongs in one place, and never in the URL`() async throws {
        try await withServer { server in
            let secret = try await server.addConfidentialClient()
            let grant = [("grant_type", "client_credentials")]
            let url = try await server.http.post(
                "/oauth2/token?client_secret=\(PercentEncoding.encode(secret))",
                form: grant + [("client_id", "service")])
            #expect(url.status == 400)
            #expect(url["error"] == "invalid_request")
            let both = try await server.http.post(
                "/oauth2/token", form: grant + [("client_id", "service"), ("client_secret", secret)],
                headers: basic("service", secret))
            #expect(both["error"] == "invalid_request")
            let header = try await server.http.post("/oauth2/token", form: grant, headers: basic("service", secret))
            #expect(header.status == 200)
            let body = try await server.http.post(
                "/oauth2/token", form: grant + [("client_id", "service"), ("client_secret", secret)])
            #expect(body.status == 200)
        }
    }

    @Test func `a client that cannot prove itself gets 401, with a Basic challenge when it used Basic`() async throws {
        try await withServer { server in
            try await server.addConfidentialClient()
            try await server.addClient()
            let grant = [("grant_type", "client_credentials")]
            let wrong = try await server.http.post("/oauth2/token", form: grant, headers: basic("service", "wrong"))
            #expect(wrong.status == 401)
            #expect(wrong["error"] == "invalid_client")
            #expect(wrong[field: "WWW-Authenticate"]?.hasPrefix("Basic ") == true)
            let unknown = try await server.http.post("/oauth2/token", form: grant, headers: basic("nobody", "wrong"))
            #expect(unknown.body == wrong.body)
            let withoutSecret = try await server.http.post("/oauth2/token", form: grant + [("client_id", "service")])
            #expect(withoutSecret.status == 401)
            #expect(withoutSecret[field: "WWW-Authenticate"] == nil)
            let superfluous = try await server.http.post(
                "/oauth2/token", form: grant + [("client_id", "spa"), ("client_secret", "made-up")])
            #expect(superfluous["error"] == "invalid_client")
            let nobody = try await server.http.post("/oauth2/token", form: grant)
            #expect(nobody["error"] == "invalid_client")
        }
    }

    @Test func `a public client gets no token for itself`() async throws {
        try await withServer { server in
            try await server.addClient()
            let response = try await server.http.post(
                "/oauth2/token", form: [("grant_type", "client_credentials"), ("client_id", "spa")])
            #expect(response.status == 400)
            #expect(response["error"] == "unauthorized_client")
        }
    }

    @Test func `a client's own token has no refresh token and only its own audience`() async throws {
        try await withServer { server in
            let audience = "https://orders.example.com"
            let secret = try await server.addConfidentialClient(audiences: [audience])
            let form = [("grant_type", "client_credentials"), ("scope", "orders:read")]
            let reply = try await server.http.post("/oauth2/token", form: form, headers: basic("service", secret))
            #expect(reply["token_type"] == "Bearer")
            #expect(reply["scope"] == "orders:read")
            #expect(reply["refresh_token"] == nil)
            let claims = try UnverifiedToken(parsing: try #require(reply["access_token"])).unverifiedClaims()
            #expect(claims.audience == [audience])
            #expect(claims.subject == "service")
            #expect(claims.sessionID == nil)

            let named = try await server.http.post(
                "/oauth2/token", form: form + [("resource", audience)], headers: basic("service", secret))
            #expect(named.status == 200)
            let foreign = try await server.http.post(
                "/oauth2/token", form: form + [("resource", audience), ("resource", "https://evil.test")],
                headers: basic("service", secret))
            #expect(foreign.status == 400)
            #expect(foreign["error"] == "invalid_target")
        }
    }

    @Test func `a refresh token is bound to its client and to its scope`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient("spa", scope: "read write")
            try await server.addClient("other")
            let login = try await server.login(scope: "read write")
            let token = try #require(login["refresh_token"])
            #expect(login.integer("refresh_token_timeout") ?? 0 > 0)

            let foreign = try await server.refresh(token, client: "other")
            #expect(foreign.status == 400)
            #expect(foreign["error"] == "invalid_grant")
            #expect(foreign["latchkey_reason"] == "wrong_client")
            let wider = try await server.refresh(token, scope: "read write admin")
            #expect(wider["error"] == "invalid_scope")

            let narrow = try await server.refresh(token, scope: "read")
            #expect(narrow["scope"] == "read")
            let next = try await server.refresh(try #require(narrow["refresh_token"]))
            #expect(next["scope"] == "read write")
        }
    }

    @Test(arguments: ["", "lkr_", "lkr_AAAA", "not a token", String(repeating: "x", count: 5000)])
    func `text that is not a token of ours is malformed`(token: String) async throws {
        try await withServer { server in
            try await server.addClient()
            let response = try await server.refresh(token)
            #expect(response.status == 400)
            #expect(response["error"] == (token.isEmpty ? "invalid_request" : "invalid_grant"))
            #expect(response["latchkey_reason"] == (token.isEmpty ? nil : "malformed"))
        }
    }
}
