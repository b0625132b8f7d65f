import InMemoryLogging
import TestSupport
import Testing

/// What pages of which origin may read, over HTTP, with two clients of different origins.
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
            #expect(try await preflight(server, "/nowhere", origin: "https://evil.test").status == 404)
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

    /// A request that is refused before anybody knows which client it is from.
    struct EarlyRefusal: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let headers: [(String, String)]
        let body: String
        let status: Int

        var testDescription: String { "\(method) \(path) \(status)" }
    }

    private static let json = [("Content-Type", "application/json")]
    private static let form = [("Content-Type", "application/x-www-form-urlencoded")]

    static let earlyRefusals = [
        EarlyRefusal(method: "POST", path: "/api/v1/login", headers: json, body: "{", status: 400),
        EarlyRefusal(
            method: "POST", path: "/api/v1/login", headers: json, body: String(repeating: " ", count: 70_000),
            status: 413),
        EarlyRefusal(
            method: "POST", path: "/api/v1/login", headers: [("Content-Type", "text/plain")], body: "x", status: 415),
        EarlyRefusal(
            method: "POST", path: "/api/v1/login", headers: json,
            body: #"{"client_id":"spaa","username":"ada","password":"x"}"#, status: 401),
        EarlyRefusal(method: "DELETE", path: "/api/v1/login", headers: [], body: "", status: 405),
        EarlyRefusal(method: "POST", path: "/api/v1/login?client_id=spa", headers: json, body: "{}", status: 400),
        EarlyRefusal(method: "POST", path: "//api/v1/login", headers: json, body: "{}", status: 400),
        EarlyRefusal(method: "POST", path: "/api/v1/logn", headers: json, body: "{}", status: 404),
        EarlyRefusal(
            method: "GET", path: "/api/v1/me", headers: [("Authorization", "Bearer x")], body: "", status: 401),
        EarlyRefusal(method: "POST", path: "/oauth2/token", headers: form, body: "client_id=spaa", status: 401),
        EarlyRefusal(method: "POST", path: "/oauth2/token", headers: json, body: "{}", status: 415),
    ]

    @Test(arguments: earlyRefusals)
    func `a refusal before the client is known is readable for every registered origin and no other`(
        refusal: EarlyRefusal
    ) async throws {
        try await withServer { server in
            try await prepare(server)
            for (origin, readable) in [
                (Self.own, true), (Self.other, true), ("https://evil.test", false), ("null", false),
                (Self.own + "\u{301}", false),
            ] {
                let response = try await server.http.send(
                    refusal.method, refusal.path, headers: refusal.headers + [("Origin", origin)],
                    body: Array(refusal.body.utf8))
                #expect(response.status == refusal.status, "\(response.text)")
                #expect(response.all("Access-Control-Allow-Origin") == (readable ? [origin] : []), "\(origin)")
                #expect(response.all("Access-Control-Allow-Credentials") == (readable ? ["true"] : []))
                #expect(response.all("Vary").first?.hasPrefix("Origin") == true)
                #expect(response.all("Set-Cookie").isEmpty)
                guard readable else { continue }
                let allowed = try await server.http.send(
                    "OPTIONS", refusal.path,
                    headers: [("Origin", origin), ("Access-Control-Request-Method", refusal.method)])
                #expect(allowed.status == 204)
                #expect(allowed[field: "Access-Control-Allow-Origin"] == origin)
                #expect(allowed[field: "Access-Control-Allow-Methods"]?.contains(refusal.method) == true)
            }
        }
    }

    @Test func `what is for no page stays so, refusals included`() async throws {
        try await withServer { server in
            try await prepare(server)
            for (path, status) in [
                ("/forward-auth?roles=admin", 400), ("/api/v1/session?x=1", 400), ("/metrics?x=1", 400),
                ("/healthz?x=1", 200),
            ] {
                let response = try await server.http.get(path, headers: [("Origin", Self.own)])
                #expect(response.status == status, "\(path)")
                #expect(response[field: "Access-Control-Allow-Origin"] == nil, "\(path)")
            }
        }
    }

    @Test func `an answer without a known client that is no refusal is for no page`() async throws {
        try await withServer { server in
            try await prepare(server)
            let response = try await server.http.post(
                "/api/v1/logout", json: ["refresh_token": "lkr_x"], headers: [("Origin", Self.own)])
            #expect(response.status == 204)
            #expect(response[field: "Access-Control-Allow-Origin"] == nil)
        }
    }

    @Test func `an origin of no client is told in the log, once a minute and with the nearest`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await prepare(server)
            try await server.addClient("dev", origins: ["http://localhost:5173"])
            func lines() -> [String] {
                server.logs.entries.map { "\($0.message)" }.filter { $0.hasPrefix("no client has the origin") }
            }
            for _ in 0..<3 {
                _ = try await preflight(server, "/api/v1/login", origin: "http://127.0.0.1:5173")
                _ = try await server.login(headers: [("Origin", "http://127.0.0.1:5173")])
            }
            #expect(lines().count == 1)
            #expect(
                lines().first?.hasPrefix(
                    "no client has the origin http://127.0.0.1:5173; `dev` has http://localhost:5173:") == true)
            clock.advance(by: .seconds(60))
            _ = try await server.login(headers: [("Origin", "http://127.0.0.1:5173")])
            #expect(lines().count == 2)
            // Same-origin pages need nobody's leave, a registered origin is no mistake, and other text is no origin.
            for origin in ["http://localhost:8080", Self.own, Self.other, "https://a\u{301}.test", ""] {
                _ = try await server.login(headers: [("Origin", origin)])
            }
            #expect(lines().count == 2)
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
