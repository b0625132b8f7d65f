import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Which ID tokens sign out, and what ends.
struct LogoutHintTests {
    private static let back = ("post_logout_redirect_uri", LogoutScene.back)

    @Test func `everything that came from the browser session ends, except what outlives it`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let web = try await scene.signedIn(browser)
            let other = try await scene.signedIn(browser, to: "other")
            let offline = try await scene.signedIn(browser, to: "other", scope: "openid offline_access")
            let direct = try await scene.server.addClient()
            let login = try await scene.server.login(client: direct.id.description)
            let answer = try await browser.logout([("id_token_hint", web.hint), Self.back])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            #expect(try await !scene.isLive(web.session))
            #expect(try await !scene.isLive(other.session))
            #expect(try await scene.isLive(offline.session))
            let refresh = try #require(other.tokens["refresh_token"])
            #expect(try await scene.server.refresh(refresh, client: "other")["error"] == "invalid_grant")
            #expect(try await scene.server.refresh(try #require(login["refresh_token"])).status == 200)
            let list = try await scene.server.list()
            let ended = list.entries.compactMap { if case .session(let id) = $0.target { id } else { nil } }
            #expect(ended.contains(web.session) && ended.contains(other.session))
        }
    }

    @Test func `a client that asks ends its own session even if that would outlive the browser's`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let web = try await scene.signedIn(browser, scope: "openid offline_access")
            _ = try await browser.logout([("id_token_hint", web.hint)])
            #expect(try await !scene.isLive(web.session))
        }
    }

    @Test func `a hint of another user asks, and ends only what it names`() async throws {
        try await LogoutScene.run { scene in
            let (hers, his) = (scene.browser(), scene.browser())
            let ada = try await scene.signedIn(hers)
            let eve = try await scene.signedIn(his, "eve")
            let asked = try await hers.logout([("id_token_hint", eve.hint), Self.back])
            #expect(try LogoutOutcome(asked) == .asks)
            #expect(asked.text.contains("ada") && !asked.text.contains("eve"))
            #expect(try await !scene.isLive(eve.session))
            #expect(try await scene.isLive(ada.session))
            #expect(try await his.silently() == "login_required", "the browser session that it came from")
            #expect(try await hers.silently() == "code")
            let answer = try await hers.submit(try ShownPage(asked), decision: "continue")
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            #expect(answer.status == 200, "after a form a page sends the browser on")
            #expect(try await hers.silently() == "login_required")
            #expect(try await !scene.isLive(ada.session))
        }
    }

    @Test func `two browsers of one user are two, unless the hint of one comes from the other`() async throws {
        try await LogoutScene.run { scene in
            let (one, two) = (scene.browser(), scene.browser())
            let first = try await scene.signedIn(one)
            let second = try await scene.signedIn(two)
            _ = try await one.logout([("id_token_hint", first.hint)])
            #expect(try await one.silently() == "login_required")
            #expect(try await two.silently() == "code")
            #expect(try await scene.isLive(second.session))
            let again = try await scene.signedIn(one)
            let crossed = try await one.logout([("id_token_hint", second.hint), Self.back])
            #expect(try LogoutOutcome(crossed) == .goes(LogoutScene.back), "it is the same user")
            #expect(try await !scene.isLive(again.session))
            #expect(try await !scene.isLive(second.session))
            #expect(try await two.silently() == "login_required")
        }
    }

    @Test func `an expired hint is one`() async throws {
        let clock = TestClock()
        try await LogoutScene.run(clock: clock) { scene in
            let browser = scene.browser()
            let ada = try await scene.signedIn(browser)
            clock.advance(by: .seconds(3 * 3600))
            try await scene.server.look()
            let answer = try await browser.logout([("id_token_hint", ada.hint), Self.back])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            #expect(try await !scene.isLive(ada.session))
        }
    }

    @Test func `when the browser session has expired, what came from it ends all the same`() async throws {
        let clock = TestClock()
        try await LogoutScene.run(clock: clock) { scene in
            let browser = scene.browser()
            let web = try await scene.signedIn(browser)
            let other = try await scene.signedIn(browser, to: "other")
            clock.advance(by: .seconds(13 * 3600))
            try await scene.server.look()
            #expect(try await browser.silently() == "login_required")
            #expect(try await scene.isLive(other.session))
            let answer = try await browser.logout([("id_token_hint", web.hint), Self.back])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            #expect(try await !scene.isLive(web.session))
            #expect(try await !scene.isLive(other.session))
        }
    }

    @Test func `a browser that brings no cookie ends the hint's session and its browser's`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let web = try await scene.signedIn(browser)
            let answer = try await scene.browser().logout([("id_token_hint", web.hint), Self.back])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            #expect(try await browser.silently() == "login_required")
        }
    }

    @Test func `a hint of a withdrawn key is none`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let ada = try await scene.signedIn(browser)
            let key = try #require(try JWS(parsing: Array(ada.hint.utf8)).header.keyID)
            try await scene.server.services.keys.emergency(only: key, actor: .operator)
            let answer = try await browser.logout([("id_token_hint", ada.hint), Self.back])
            #expect(try LogoutOutcome(answer) == .asks)
            #expect(try await scene.isLive(ada.session))
        }
    }

    @Test func `what is no ID token of this server for one of its users is no hint`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let ada = try await scene.signedIn(browser)
            let hint = ada.hint
            let parts = hint.split(separator: ".")
            let tokens = [
                try #require(ada.tokens["access_token"]), try #require(ada.tokens["refresh_token"]),
                try LogoutScene.tampered(hint, ["sub": "018f4e5c-0000-7000-8000-000000000000"]),
                "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", hint + "A", "." + hint, hint + "." + hint,
                try scene.token(hint, ["iss": "https://evil.example"]),
                try scene.token(hint, ["client_id": "web"]),
                try scene.token(hint, ["events": .object(JSONObject(members: []))]),
                try scene.token(hint, [:], type: "at+jwt"), try scene.token(hint, [:], type: "logout+jwt"),
                try scene.token(hint, ["sid": 7]), try scene.token(hint, ["sub": "ada"]),
                Base64URL.string(Array(#"{"alg":"none"}"#.utf8)) + ".\(parts[1]).",
            ]
            for token in tokens {
                let answer = try await browser.logout([("id_token_hint", token), Self.back])
                #expect(try LogoutOutcome(answer) == .asks, "\(token)")
            }
            #expect(try await scene.isLive(ada.session))
            // The forgeries differ from this one in one thing each.
            let answer = try await browser.logout([
                ("id_token_hint", try scene.token(hint, [:], type: "JWT")), Self.back,
            ])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
        }
    }

    @Test func `a client_id that is not the hint's client is refused, and nothing ends`() async throws {
        try await LogoutScene.run { scene in
            let browser = scene.browser()
            let ada = try await scene.signedIn(browser)
            for id in ["other", "unknown", "WEB", "web ", "%"] {
                let answer = try await browser.logout([("id_token_hint", ada.hint), ("client_id", id), Self.back])
                #expect(try LogoutOutcome(answer) == .refused(400), "\(id)")
            }
            #expect(try await scene.isLive(ada.session))
            #expect(try await browser.silently() == "code")
            let answer = try await browser.logout([("id_token_hint", ada.hint), ("client_id", "web"), Self.back])
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
        }
    }
}
