import LatchkeyTokens
import TestSupport
import Testing

/// RP-initiated logout as the modules of the OpenID Foundation's test plan try it, one by one.
struct LogoutModuleTests {
    private enum Hint { case none, right, modified, noToken }

    /// Signs in, asks for a logout, and says what happened.
    private func ask(
        _ hint: Hint, _ parameters: [(String, String)],
        _ body: @Sendable (LogoutOutcome, TestResponse, TestBrowser) async throws -> Void
    ) async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let token = try await scene.signedIn(browser).hint
            let sent: String? =
                switch hint {
                case .none: nil
                case .right: token
                case .modified: try LogoutScene.tampered(token, ["aud": "other"])
                case .noToken: "no token"
                }
            #expect(try await browser.silently() == "code")
            let response = try await browser.logout((sent.map { [("id_token_hint", $0)] } ?? []) + parameters)
            try await body(LogoutOutcome(response), response, browser)
        }
    }

    /// Nothing that proves who asks: the person decides, and no client gets the browser back.
    private func expectQuestion(_ hint: Hint, _ parameters: [(String, String)]) async throws {
        try await ask(hint, parameters) { outcome, page, browser in
            #expect(outcome == .asks)
            #expect(try await browser.silently() == "code", "nothing ends before the answer")
            let answer = try await browser.submit(try ShownPage(page), decision: "continue")
            #expect(try LogoutOutcome(answer) == .signedOut)
            #expect(try await browser.silently() == "login_required")
        }
    }

    private static let back = ("post_logout_redirect_uri", LogoutScene.back)

    @Test func `discovery names the endpoint, which answers`() async throws {
        try await LogoutScene.run { scene in
            let document = try await scene.server.http.get("/.well-known/openid-configuration")
            #expect(document["end_session_endpoint"] == SignInScene.issuer + LogoutScene.path)
            #expect(try await LogoutOutcome(scene.browser().logout()) == .signedOut)
        }
    }

    @Test func `with hint, address and state the session ends and the browser goes back`() async throws {
        let state = "a:/+=% é"
        try await ask(.right, [Self.back, ("state", state)]) { outcome, answer, browser in
            guard case .goes(let target) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(target.hasPrefix(LogoutScene.back + "?state="))
            #expect(DeliveredAnswer(answer)?["state"] == state)
            #expect(browser.cookies[SignInScene.sessionCookie] == nil)
            let silent = try await browser.silently()
            #expect(silent == "login_required")
        }
    }

    @Test func `a hint that is no ID token leads to the question`() async throws {
        try await expectQuestion(.noToken, [Self.back, ("state", "s")])
    }

    @Test func `a modified hint leads to the question`() async throws {
        try await expectQuestion(.modified, [Self.back, ("state", "s")])
    }

    @Test func `an address that is not registered gets no browser, with state or without`() async throws {
        let elsewhere = ("post_logout_redirect_uri", "https://app.example.com/elsewhere")
        for state in [[("state", "s")], []] {
            try await ask(.right, [elsewhere] + state) { outcome, page, browser in
                #expect(outcome == .signedOut)
                #expect(!page.text.contains("https://app.example.com/elsewhere"))
                let silent = try await browser.silently()
                #expect(silent == "login_required")
            }
        }
    }

    @Test func `a query that was added to a registered address makes it another one`() async throws {
        let added = ("post_logout_redirect_uri", LogoutScene.back + "?foo=bar")
        try await ask(.right, [added, ("state", "s")]) { outcome, _, _ in #expect(outcome == .signedOut) }
    }

    @Test func `without a hint the person is asked, and no address is followed`() async throws {
        try await expectQuestion(.none, [Self.back, ("state", "s")])
    }

    @Test func `without parameters the person is asked`() async throws { try await expectQuestion(.none, []) }

    @Test func `with state alone the person is asked`() async throws {
        try await expectQuestion(.none, [("state", "s")])
    }

    @Test func `without an address the browser stays at the server`() async throws {
        try await ask(.right, [("state", "s")]) { outcome, _, browser in
            #expect(outcome == .signedOut)
            let silent = try await browser.silently()
            #expect(silent == "login_required")
        }
    }

    @Test func `without state none comes back`() async throws {
        for uri in [LogoutScene.back, LogoutScene.backWithQuery] {
            try await ask(.right, [("post_logout_redirect_uri", uri)]) { outcome, _, _ in
                #expect(outcome == .goes(uri))
            }
        }
    }
}
