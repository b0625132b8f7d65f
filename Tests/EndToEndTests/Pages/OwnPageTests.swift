import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The server's own pages as a client of the authorization endpoint: they get the browser session and nothing else.
struct OwnPageTests {
    private static let pages = ["/account/sessions", "/account/applications", "/account/profile"]

    @Test(arguments: pages)
    func `who is not signed in signs in and comes back to the page`(path: String) async throws {
        try await withServer { server in
            try await server.addUser()
            let browser = AccountBrowser(server)
            let first = try await browser.get(path)
            #expect(first.status == 303 && first[field: "Cache-Control"] == "no-store")
            let answer = try await browser.signIn(first)
            #expect(answer.status == 303 && answer[field: "Location"] == path)
            #expect(answer.cookie("latchkey_dev_signin") != nil)
            let page = try await browser.get(path)
            #expect(page.status == 200)
            #expect(page[field: "Cache-Control"] == "no-store")
            #expect(page[field: "Cross-Origin-Opener-Policy"] == "same-origin")
            #expect(page[field: "Content-Security-Policy"]?.contains("form-action 'self'") == true)
            // With the session the way back is without a page.
            let again = try await browser.get(try #require(first[field: "Location"]))
            #expect(again.status == 303 && again[field: "Location"] == path)
        }
    }

    @Test func `the built-in client has no other address, no other parameter and no code`() async throws {
        try await withServer { server in
            try await server.addUser()
            let browser = AccountBrowser(server)
            _ = try await browser.open("/account/sessions")
            let own = browser.issuer + "/account/sessions"
            let wrong: [[(String, String)]] = [
                [], [("redirect_uri", "")], [("redirect_uri", "/account/sessions")],
                [("redirect_uri", "https://evil.example/account/sessions")],
                [("redirect_uri", browser.issuer + "@evil.example/account/sessions")],
                [("redirect_uri", browser.issuer)], [("redirect_uri", browser.issuer + "/account")],
                [("redirect_uri", own + "/")], [("redirect_uri", own + "?x=1")], [("redirect_uri", own + "#x")],
                [("redirect_uri", own + "/end")], [("redirect_uri", browser.issuer + "/account/../account/sessions")],
                [("redirect_uri", browser.issuer.uppercased() + "/account/sessions")],
                [("redirect_uri", own), ("max_age", "-1")], [("redirect_uri", own), ("max_age", "x")],
            ]
            let more = [
                ("response_type", "code"), ("response_mode", "form_post"), ("state", "s"), ("scope", "openid"),
                ("prompt", "none"), ("nonce", "n"), ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
                ("login_hint", "ada"), ("id_token_hint", "x"), ("request_uri", "x"), ("request", "x"),
                ("resource", "https://api.example.com"), ("acr_values", "x"), ("x", "y"),
            ]
            for fields in wrong + more.map({ [("redirect_uri", own), $0] }) {
                let query = ([("client_id", "latchkey")] + fields)
                    .map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
                let answer = try await browser.get("/oauth2/authorize?\(query)")
                #expect(answer.status == 400 && answer[field: "Location"] == nil, "\(fields) \(answer.status)")
                #expect(answer[field: "Refresh"] == nil && !answer.text.contains("href=\"http"))
            }
            let token = try await server.http.post(
                "/oauth2/token",
                form: [("grant_type", "authorization_code"), ("client_id", "latchkey"), ("code", "x")])
            #expect(token.status == 401)
        }
    }

    @Test(arguments: ["allow", "deny", "continue", "another"])
    func `no other form makes more of the sign-in`(decision: String) async throws {
        try await withServer { server in
            try await server.addUser()
            let browser = AccountBrowser(server)
            let page = try await browser.get(try #require(try await browser.get("/account/profile")[field: "Location"]))
            for path in ["/signin/consent", "/signin/continue", "/signin/account", "/signin/new-password"] {
                let answer = try await browser.post(
                    path, page.hiddenFields + [("decision", decision), ("new_password", "one two three four five six")])
                #expect([200, 303, 400, 422].contains(answer.status), "\(path) \(answer.status)")
                #expect(answer[field: "Location"].map { $0 == "/account/profile" } ?? true)
                #expect(answer[field: "Refresh"] == nil && answer.cookie("latchkey_dev_signin") == nil)
                #expect(!answer.text.contains("code="))
            }
            #expect(try await browser.get("/account/profile").status == 303)
        }
    }

    @Test func `a form that is sent twice comes to the page twice, and gets a cookie only while it is new`()
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            let browser = AccountBrowser(server)
            let page = try await browser.get(try #require(try await browser.get("/account/profile")[field: "Location"]))
            let form = page.hiddenFields + [("username", "ada"), ("password", TestServer.password)]
            for _ in 0..<2 {
                let answer = try await browser.post("/signin/password", form)
                #expect(answer.status == 303 && answer[field: "Location"] == "/account/profile")
                #expect(answer.cookie("latchkey_dev_signin") != nil)
            }
            #expect(try await browser.get("/account/profile").text.matches(of: /ada/).count > 0)
            #expect(try await browser.get("/account/sessions").sessions.count == 1)
            clock.advance(by: .seconds(61))
            try await server.look()
            let late = try await browser.post("/signin/password", form)
            #expect(late.status == 303 && late.cookie("latchkey_dev_signin") == nil)
        }
    }
}
