import TestSupport
import Testing

/// What pages of which origin may read, over HTTP (STANDARDS BR5), with two clients of different origins.
struct CrossOriginTests {
    private static let own = "https://app.example.com"
    private static let other = "https://shop.example.com"

    private func prepare(_ server: TestServer) async throws {
        try await server.addUser()
        try await server.addClient("spa", origins: [Self.own])
        try await server.addClient("shop", origins: [Self.other])
    }

    private func preflight(_ server: TestServer, _ path: String, origin: String) async throws -> TestResponse {
        try await server.http.send(
            "OPTIONS", path, headers: [("Origin", origin), ("Access-Control-Request-Method", "POST")])
    }

    @Test func `a preflight is for registered origins, until their client is disabled`() async throws {
        try await withServer { server in
            try await prepare(server)
            for origin in [Self.own, Self.other] {
                let response = try await preflight(server, "/api/v1/login", origin: origin)
                #expect(response.status == 204)
                #expect(response[field: "Access-Control-Allow-Origin"] == origin)
                #expect(response[field: "Access-Control-Allow-Credentials"] == "true")
            }
            for origin in ["https://evil.test", "null", Self.own + ".evil.test"] {
                let response = try await preflight(server, "/api/v1/login", origin: origin)
                #expect(response[field: "Access-Control-Allow-Origin"] == nil)
                #expect(response[field: "Vary"]?.hasPrefix("Origin") == true)
            }
            #expect(try await preflight(server, "/nowhere", origin: Self.own).status == 404)
        }
    }

    @Test func `an answer is readable for its own client's page alone`() async throws {
        try await withServer { server in
            try await prepare(server)
            for (origin, readable) in [
                (Self.own, true), (Self.other, false), ("https://evil.test", false), ("null", false),
            ] {
                let login = try await server.login(headers: [("Origin", origin)])
                #expect(login.status == 200)
                #expect(login[field: "Access-Control-Allow-Origin"] == (readable ? origin : nil))
                let refresh = try #require(login["refresh_token"])
                let token = try await server.http.post(
                    "/oauth2/token",
                    form: [("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "spa")],
                    headers: [("Origin", origin)])
                #expect(token[field: "Access-Control-Allow-Origin"] == (readable ? origin : nil))
                #expect(token[field: "Vary"] == "Origin")
            }
        }
    }

    @Test func `a page reads the refusals of its own client: wrong password, expired token`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            let wrong = try await server.login(password: "wrong-password-entirely", headers: [("Origin", Self.own)])
            #expect(wrong.status == 401)
            #expect(wrong[field: "Access-Control-Allow-Origin"] == Self.own)
            #expect(wrong[field: "Access-Control-Expose-Headers"]?.contains("Retry-After") == true)
            let access = try #require(try await server.login()["access_token"])
            clock.advance(by: .seconds(400))
            for (origin, readable) in [(Self.own, true), (Self.other, false)] {
                let expired = try await server.http.authorised(
                    "GET", "/api/v1/me", bearer: access, headers: [("Origin", origin)])
                #expect(expired.status == 401)
                #expect(expired[field: "Access-Control-Allow-Origin"] == (readable ? origin : nil))
            }
        }
    }

    @Test func `an administrator's page on its client's origin can use the admin API, no other page can`() async throws
    {
        try await withServer { server in
            try await server.addUser(roles: ["admin"])
            try await server.addClient("console", origins: [Self.own], scope: "latchkey:admin")
            let access = try #require(
                try await server.login(client: "console", scope: "latchkey:admin")["access_token"])
            for (origin, readable) in [(Self.own, true), (Self.other, false)] {
                let response = try await server.http.authorised(
                    "GET", "/api/v1/admin/stats", bearer: access, headers: [("Origin", origin)])
                #expect(response.status == 200)
                #expect(response[field: "Access-Control-Allow-Origin"] == (readable ? origin : nil))
            }
        }
    }
}
