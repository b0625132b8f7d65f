import LatchkeyTokens
import TestSupport
import Testing

/// Refresh tokens in cookies: for a page that is ours, and for nobody else.
struct CookieTransportTests {
    private static let own = "https://app.example.com"
    private static let other = "https://shop.example.com"
    private static let name = "__Host-latchkey_refresh_spa"
    private static let issuer = ["issuer": "https://auth.example.com"]
    private static let good = [("X-Latchkey-CSRF", "1"), ("Origin", own), ("Sec-Fetch-Site", "same-site")]

    private func prepare(_ server: TestServer) async throws {
        try await server.addUser()
        try await server.addClient("spa", origins: [Self.own])
        try await server.addClient("shop", origins: [Self.other])
    }

    private func login(
        _ server: TestServer, headers: [(String, String)] = good, client: String = "spa",
        password: String = TestServer.password
    ) async throws -> TestResponse {
        try await server.http.post(
            "/api/v1/login",
            json: [
                "username": "ada", "password": .string(password), "client_id": .string(client), "transport": "cookie",
            ], headers: headers)
    }

    private func post(
        _ server: TestServer, _ path: String, cookie: String?, headers: [(String, String)] = good,
        client: String = "spa"
    ) async throws -> TestResponse {
        try await server.http.post(
            path, json: ["client_id": .string(client)], headers: headers + (cookie.map { [("Cookie", $0)] } ?? []))
    }

    private func cookie(_ response: TestResponse) throws -> String {
        String(try #require(response[field: "Set-Cookie"]).prefix { $0 != ";" })
    }

    @Test func `the token is in the cookie, with every attribute, and nowhere in the body`() async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let response = try await login(server)
            #expect(response.status == 200)
            #expect(response["refresh_token"] == nil)
            #expect(!response.text.contains("lkr_"))
            let line = try #require(response[field: "Set-Cookie"])
            #expect(line.hasPrefix(Self.name + "=lkr_"))
            #expect(line.contains("; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age="))
            #expect(!line.contains("Domain"))
            #expect(response[field: "Access-Control-Allow-Origin"] == Self.own)
            #expect(response[field: "Access-Control-Allow-Credentials"] == "true")
            #expect(response[field: "Vary"] == "Origin, Sec-Fetch-Site")
        }
    }

    @Test func `on plain http at home the cookie has its development form`() async throws {
        try await withServer { server in
            try await prepare(server)
            let line = try #require(try await login(server)[field: "Set-Cookie"])
            #expect(line.hasPrefix("latchkey_dev_refresh_spa=lkr_"))
            #expect(!line.contains("Secure"))
        }
    }

    @Test func `a login from another site is refused before the password is looked at`() async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let headers = [("X-Latchkey-CSRF", "1"), ("Origin", Self.own), ("Sec-Fetch-Site", "cross-site")]
            for password in [TestServer.password, "wrong-password-entirely"] {
                let response = try await login(server, headers: headers, password: password)
                #expect(response.status == 403)
                #expect(response["code"] == "cookie_transport_cross_site")
                #expect(response[field: "Set-Cookie"] == nil)
            }
        }
    }

    @Test(arguments: ["/api/v1/login", "/api/v1/refresh", "/api/v1/logout"])
    func `without header and good origin nothing happens on any cookie endpoint`(path: String) async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let cookie = try cookie(try await login(server))
            let bad: [[(String, String)]] = [
                [], [("Origin", Self.own)], [("X-Latchkey-CSRF", "1")],
                [("X-Latchkey-CSRF", "1"), ("Origin", Self.other)],
                [("X-Latchkey-CSRF", "1"), ("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
                [("X-Latchkey-CSRF", "1"), ("Sec-Fetch-Site", "same-site")],
                [("X-Latchkey-CSRF", "0"), ("Origin", Self.own)],
            ]
            for headers in bad {
                let response =
                    path == "/api/v1/login"
                    ? try await login(server, headers: headers + [("Cookie", cookie)])
                    : try await post(server, path, cookie: cookie, headers: headers)
                #expect(response.status == 403)
                #expect(response["code"] == "csrf_rejected")
                #expect(response[field: "Set-Cookie"] == nil)
                #expect(response[field: "Access-Control-Allow-Origin"] == nil || headers.contains { $0.1 == Self.own })
            }
            #expect(try await server.list().entries.isEmpty)
            #expect(try await post(server, "/api/v1/refresh", cookie: cookie).status == 200)
        }
    }

    @Test func `a cookie's token works in its cookie and in no body`() async throws {
        let clock = TestClock()
        try await withServer(Self.issuer, clock: clock) { server in
            try await prepare(server)
            let first = try cookie(try await login(server))
            let token = String(first.dropFirst(Self.name.count + 1))
            #expect(try await server.refresh(token)["latchkey_reason"] == "wrong_transport")
            let body = try await server.http.post(
                "/api/v1/refresh", json: ["client_id": "spa", "refresh_token": .string(token)])
            #expect(body.status == 401)
            #expect(body["latchkey_reason"] == "wrong_transport")

            let quiet = try await post(server, "/api/v1/refresh", cookie: first)
            #expect(quiet.status == 200)
            #expect(quiet[field: "Set-Cookie"] == nil)
            clock.advance(by: .seconds(31))
            let rotated = try await post(server, "/api/v1/refresh", cookie: first)
            #expect(rotated.status == 200)
            #expect(try cookie(rotated) != first)
            #expect(!rotated.text.contains("lkr_"))
        }
    }

    @Test func `one client's page cannot use another client's cookie`() async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let cookie = try cookie(try await login(server))
            let shop = [("X-Latchkey-CSRF", "1"), ("Origin", Self.other)]
            #expect(try await post(server, "/api/v1/refresh", cookie: cookie, headers: shop).status == 403)
            #expect(
                try await post(server, "/api/v1/refresh", cookie: cookie, headers: shop, client: "shop").status == 401)
            let renamed = "__Host-latchkey_refresh_shop=" + cookie.dropFirst(Self.name.count + 1)
            let foreign = try await post(server, "/api/v1/refresh", cookie: renamed, headers: shop, client: "shop")
            #expect(foreign.status == 401)
            #expect(foreign["latchkey_reason"] == "wrong_client")
            #expect(
                try await post(server, "/api/v1/logout", cookie: renamed, headers: shop, client: "shop").status == 204)
            #expect(try await post(server, "/api/v1/refresh", cookie: cookie).status == 200)
        }
    }

    @Test func `a dead session's cookie is taken away, and the page can read why`() async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let cookie = try cookie(try await login(server))
            let logout = try await post(server, "/api/v1/logout", cookie: cookie)
            #expect(logout.status == 204)
            #expect(logout[field: "Set-Cookie"]?.hasSuffix("Max-Age=0") == true)
            #expect(logout[field: "Clear-Site-Data"] == "\"cache\"")
            let refused = try await post(server, "/api/v1/refresh", cookie: cookie)
            #expect(refused.status == 401)
            #expect(refused["latchkey_reason"] == "revoked")
            #expect(refused[field: "Set-Cookie"]?.hasSuffix("Max-Age=0") == true)
            #expect(refused[field: "Access-Control-Allow-Origin"] == Self.own)
            #expect(try await post(server, "/api/v1/logout", cookie: cookie).status == 204)
            let none = try await post(server, "/api/v1/refresh", cookie: nil)
            #expect(none.status == 401)
            let planted = try await post(server, "/api/v1/refresh", cookie: cookie + "; " + Self.name + "=x")
            #expect(planted.status == 401)
        }
    }

    @Test func `a new login with the cookie of an old session ends that session`() async throws {
        try await withServer(Self.issuer) { server in
            try await prepare(server)
            let first = try await login(server)
            let old = try cookie(first)
            let second = try await login(server, headers: Self.good + [("Cookie", old)])
            #expect(second.status == 200)
            #expect(try cookie(second) != old)
            let dead = try #require(first["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: dead).status == 401)
            #expect(try await server.list().entries.map(\.kind) == [.session])
        }
    }
}
