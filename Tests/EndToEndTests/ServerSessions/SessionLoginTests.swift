import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Signing in for a server session: what comes back, what does not, and who is refused.
struct SessionLoginTests {
    private static let issuer = ["issuer": "https://auth.example.com"]
    private static let name = "__Host-latchkey_session"

    @Test func `the session is in the cookie, with every attribute, and there is no token at all`() async throws {
        try await withServer(Self.issuer) { server in
            try await server.addUser("ada", roles: ["editor"])
            try await server.addWebClient()
            let response = try await server.signIn()
            #expect(response.status == 200)
            let members = Set(response.json.object?.members.map(\.name) ?? [])
            #expect(
                members == [
                    "sid", "sub", "client_id", "scope", "roles", "auth_time", "amr", "expires_at", "idle_expires_at",
                ])
            #expect(response["scope"] == "openid orders")
            #expect(response.json.object?["roles"]?.strings == ["editor"])
            #expect(response.json.object?["amr"]?.strings == ["pwd"])
            #expect(response[field: "Cache-Control"] == "no-store")
            let line = try #require(response[field: "Set-Cookie"])
            #expect(line.hasPrefix(Self.name + "=lks_"))
            #expect(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=7776000"))
            #expect(!line.contains("Domain"))
            #expect(!response.text.contains("lks_") && !response.text.contains("lkr_"))

            let cookie = try #require(response.cookie(Self.name))
            let session = try await server.session(cookie)
            #expect(session.status == 200)
            #expect(session.json == response.json)
            #expect(session[field: "Cache-Control"] == "no-store")
            #expect(try await server.session(cookie, client: "web").status == 200)
        }
    }

    @Test func `no cookie, a forged one, a twin and another client's have no session`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            try await server.addWebClient("shop")
            let cookie = try await server.signedIn()
            let value = cookie.split(separator: "=")[1]
            let forged = String(value.dropLast()) + (value.last == "A" ? "E" : "A")
            let name = "latchkey_dev_session="
            for bad in [
                nil, "", name, name + forged, name + "lks_", cookie + "; " + cookie, cookie + "; " + name + "x",
                "__Host-latchkey_session=" + value, cookie + "\"",
            ] {
                let response = try await server.session(bad)
                #expect(response.status == 401, "\(bad ?? "no cookie")")
                #expect(response[field: "Content-Type"] == "application/problem+json")
            }
            #expect(try await server.session(cookie, client: "shop").status == 401)
            #expect(try await server.session(cookie, client: "nobody").status == 401)
            #expect(try await server.session(cookie).status == 200)
        }
    }

    @Test func `without header and good origin nothing is set, whatever the password is`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let bad: [[(String, String)]] = [
                [], [("Origin", TestServer.appOrigin)], [("X-Latchkey-CSRF", "1")],
                [("X-Latchkey-CSRF", "1"), ("Origin", "https://evil.example")],
                [("X-Latchkey-CSRF", "1"), ("Sec-Fetch-Site", "same-site")],
            ]
            for headers in bad {
                for password in [TestServer.password, "wrong-password-entirely"] {
                    let response = try await server.signIn(headers: headers, more: ["password": .string(password)])
                    #expect(response.status == 403)
                    #expect(response["code"] == "csrf_rejected")
                    #expect(response[field: "Set-Cookie"] == nil)
                }
            }
            let crossSite = [
                ("X-Latchkey-CSRF", "1"), ("Origin", TestServer.appOrigin), ("Sec-Fetch-Site", "cross-site"),
            ]
            #expect(try await server.signIn(headers: crossSite)["code"] == "cookie_transport_cross_site")
            let wrong = try await server.signIn(more: ["password": "wrong-password-entirely"])
            #expect(wrong.status == 401)
            #expect(wrong[field: "Set-Cookie"] == nil)
        }
    }

    @Test func `clients without origins or without first_party have no such sessions`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient("native", origins: [])
            try await server.addWebClient("foreign", firstParty: false)
            for client in ["native", "foreign"] {
                let response = try await server.signIn(client: client)
                #expect(response.status == 400)
                #expect(response["code"] == "unauthorized_client")
            }
        }
    }

    @Test func `a confidential client signs its users in with its secret, and not without`() async throws {
        try await withServer { server in
            try await server.addUser()
            let secret = try #require(try await server.addWebClient(kind: .confidential)).text
            #expect(try await server.signIn().status == 401)
            let basic = ("Authorization", "Basic " + Data("web:\(secret)".utf8).base64EncodedString())
            let response = try await server.signIn(headers: TestServer.page + [basic])
            #expect(response.status == 200)
            #expect(try await server.session(response.cookie("latchkey_dev_session")).status == 200)
        }
    }

    @Test func `each sign-in is a new session and ends the one whose cookie came along`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addUser("grace")
            try await server.addWebClient()
            try await server.addWebClient("shop")
            let first = try await server.signedIn()
            let shop = try await server.signedIn(client: "shop")
            // Somebody else at the same browser, too: the old session is over either way.
            let second = try await server.signIn("grace", headers: TestServer.page + [("Cookie", first)])
            let cookie = try #require(second.cookie("latchkey_dev_session"))
            #expect(cookie != first)
            #expect(try await server.session(first).status == 401)
            #expect(try await server.session(cookie)["sub"] == second["sub"])
            // A session of another client is none of this one's.
            _ = try await server.signIn(headers: TestServer.page + [("Cookie", shop)])
            #expect(try await server.session(shop).status == 200)
            // A wrong password ends nothing.
            _ = try await server.signIn(
                headers: TestServer.page + [("Cookie", cookie)], more: ["password": "wrong-password-entirely"])
            #expect(try await server.session(cookie).status == 200)
        }
    }

    @Test func `a session token is good for its cookie and for nothing else`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addWebClient()
            let secret = try await server.addConfidentialClient()
            let cookie = try await server.signedIn()
            let token = String(cookie.split(separator: "=")[1])
            let basic = ("Authorization", "Basic " + Data("service:\(secret)".utf8).base64EncodedString())

            let refreshed = try await server.refresh(token, client: "web")
            #expect(refreshed.status == 400)
            #expect(refreshed["latchkey_reason"] == "malformed")
            let body: [String: JSONValue] = ["client_id": "web", "refresh_token": .string(token)]
            #expect(try await server.http.post("/api/v1/refresh", json: body).status == 401)
            let asRefreshCookie = try await server.http.post(
                "/api/v1/refresh", json: ["client_id": "web"],
                headers: TestServer.page + [("Cookie", "latchkey_dev_refresh_web=" + token)])
            #expect(asRefreshCookie["latchkey_reason"] == "malformed")
            let introspected = try await server.http.post(
                "/oauth2/introspect", form: [("token", token)], headers: [basic])
            #expect(introspected.text == #"{"active":false}"#)
            let revoked = try await server.http.post(
                "/oauth2/revoke", form: [("token", token), ("client_id", "web")])
            #expect(revoked.status == 200)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 401)
            #expect(try await server.http.post("/api/v1/logout", json: [:], bearer: token).status == 401)
            #expect(try await server.http.post("/api/v1/logout", json: body).status == 204)
            #expect(try await server.session(cookie).status == 200)

            // And a refresh token is no session.
            let login = try await server.login(client: "web")
            let refresh = try #require(login["refresh_token"])
            #expect(try await server.session("latchkey_dev_session=" + refresh).status == 401)
            #expect(try await server.list().entries.isEmpty)
        }
    }
}
