import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The question before signing out, and where the browser goes after it.
struct LogoutQuestionTests {
    private static let asked = [
        ("client_id", "web"), ("post_logout_redirect_uri", LogoutScene.back), ("state", "s"),
    ]

    private func signedIn(
        clock: TestClock? = nil, _ body: @Sendable (LogoutScene, TestBrowser, SessionID) async throws -> Void
    ) async throws {
        try await LogoutScene.run(clock: clock) { scene in
            let browser = scene.browser()
            try await body(scene, browser, try await scene.signedIn(browser).session)
        }
    }

    private func sentFields(_ page: TestResponse) throws -> [(name: String, value: String)] {
        try #require(try ShownPage(page).form, "\(page.text)").fields
    }

    @Test func `after yes the browser goes to the client that was named, by a page`() async throws {
        try await signedIn { scene, browser, session in
            let page = try await browser.logout(Self.asked)
            #expect(try LogoutOutcome(page) == .asks)
            let step = browser.cookies[SignInScene.stepCookie]
            let answer = try await browser.submit(try ShownPage(page), decision: "continue")
            #expect(answer.status == 200)
            #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back + "?state=s"))
            #expect(try await !scene.isLive(session))
            #expect(browser.cookies[SignInScene.sessionCookie] == nil)
            #expect(browser.cookies[SignInScene.stepCookie] != step, "forms of before are over")
        }
    }

    @Test func `after no everything stays`() async throws {
        try await signedIn { scene, browser, session in
            let page = try await browser.logout(Self.asked)
            let cookies = browser.cookies
            let answer = try await browser.submit(try ShownPage(page), decision: "deny")
            #expect(try LogoutOutcome(answer) == .stays)
            #expect(browser.cookies == cookies)
            let unnamed = try await browser.logout()
            let home = try await browser.submit(try ShownPage(unnamed), decision: "deny")
            #expect(try LogoutOutcome(home) == .goes("/account"))
            #expect(try await scene.isLive(session))
        }
    }

    @Test func `a form sent twice, at once or later, signs out once and leads to the same place`() async throws {
        try await signedIn { scene, browser, session in
            let page = try await browser.logout(Self.asked)
            let form = try sentFields(page) + [("decision", "continue")]
            let cookies = browser.cookies
            let before = try await scene.server.list().sequence
            _ = try await browser.post(LogoutScene.path, form: form)
            let after = try await scene.server.list().sequence
            browser.cookies = cookies
            let twice = try await browser.post(LogoutScene.path, form: form)
            #expect(try LogoutOutcome(twice) == .goes(LogoutScene.back + "?state=s"))
            let later = try await browser.post(LogoutScene.path, form: form)
            #expect(try LogoutOutcome(later) == .goes(LogoutScene.back + "?state=s"))
            #expect(after > before)
            #expect(try await scene.server.list().sequence == after)
            #expect(try await !scene.isLive(session))
        }
    }

    @Test func `where no session lives nothing is asked, and only a hint leads back`() async throws {
        try await signedIn { scene, browser, _ in
            let ada = try await scene.signedIn(browser)
            for _ in 0..<2 {
                let answer = try await browser.logout([
                    ("id_token_hint", ada.hint), ("post_logout_redirect_uri", LogoutScene.back),
                ])
                #expect(try LogoutOutcome(answer) == .goes(LogoutScene.back))
            }
            #expect(try await LogoutOutcome(browser.logout(Self.asked)) == .signedOut)
            let stranger = scene.browser()
            #expect(try await LogoutOutcome(stranger.logout(Self.asked)) == .signedOut)
            #expect(try await LogoutOutcome(stranger.logout()) == .signedOut)
        }
    }

    @Test func `the answer counts only from this browser's own form`() async throws {
        try await signedIn { scene, browser, session in
            let page = try await browser.logout(Self.asked)
            let fields = try sentFields(page)
            let yes = [("decision", "continue")]
            for headers in [
                [("Origin", "https://evil.example")], [("Origin", "null")], [], [("Sec-Fetch-Site", "cross-site")],
                [("Origin", SignInScene.issuer + ".evil.example")],
            ] as [[(String, String)]] {
                let answer = try await browser.post(LogoutScene.path, form: fields + yes, headers: headers)
                #expect(try LogoutOutcome(answer) == .refused(403), "\(headers)")
            }
            let other = scene.browser()
            _ = try await scene.signedIn(other, "eve")
            let foreign = try sentFields(await other.logout(Self.asked))
            let without = fields.filter { $0.0 != "seal" }
            let changed = fields.map { $0.0 == "state" ? ($0.0, "t") : $0 }
            for form in [foreign, without, without + [("seal", "lkf_AAAA")], changed] {
                let answer = try await browser.post(LogoutScene.path, form: form + yes)
                #expect(answer.status == 422)
                #expect(try LogoutOutcome(answer) == .asks)
            }
            for decision in ["", "yes", "CONTINUE", "continue "] {
                let answer = try await browser.post(LogoutScene.path, form: fields + [("decision", decision)])
                // Without a decision it is a client's request.
                let expected: LogoutOutcome = decision.isEmpty ? .goes("") : .refused(400)
                if case .goes = expected {
                    #expect(answer.status == 303)
                } else {
                    #expect(try LogoutOutcome(answer) == expected)
                }
            }
            #expect(try await scene.isLive(session))
        }
    }

    @Test func `a form that was open for too long is asked again`() async throws {
        let clock = TestClock()
        try await signedIn(clock: clock) { scene, browser, session in
            let page = try await browser.logout(Self.asked)
            clock.advance(by: .seconds(601))
            try await scene.server.look()
            let answer = try await browser.submit(try ShownPage(page), decision: "continue")
            #expect(answer.status == 422)
            #expect(try await scene.isLive(session))
            let again = try await browser.submit(try ShownPage(answer), decision: "continue")
            #expect(try LogoutOutcome(again) == .goes(LogoutScene.back + "?state=s"))
        }
    }

    @Test func `nobody is signed out by the question about somebody else`() async throws {
        try await signedIn { scene, browser, _ in
            let page = try await browser.logout(Self.asked)
            _ = try await scene.signIns.signIn(browser, "eve", ["prompt": "login"])
            let late = try await browser.submit(try ShownPage(page), decision: "continue")
            #expect(late.status == 422)
            #expect(late.text.contains("eve"))
            #expect(try await browser.silently() == "code")
        }
    }

    @Test func `a client's form goes on as a link, which brings the cookie of the session`() async throws {
        try await signedIn { scene, browser, session in
            let hint = try await scene.signedIn(browser).hint
            let answer = try await scene.browser().post(
                LogoutScene.path, form: [("id_token_hint", hint), ("state", "a b&c=<é>")],
                headers: [("Origin", "https://app.example.com")])
            #expect(answer.status == 303)
            let location = try #require(answer[field: "location"])
            #expect(location.hasPrefix("/oauth2/logout?"))
            #expect(DeliveredAnswer(answer)?["state"] == "a b&c=<é>")
            #expect(try await scene.isLive(session))
            #expect(try await LogoutOutcome(browser.get(location)) == .signedOut)
            #expect(try await !scene.isLive(session))
        }
    }

    @Test func `a client's long form goes on by a page, and what fits no request head is refused`() async throws {
        try await signedIn { scene, browser, session in
            let hint = try await scene.signedIn(browser).hint
            let state = String(repeating: "s", count: 2048)
            let long = try await scene.browser().post(
                LogoutScene.path, form: [("id_token_hint", hint), Self.asked[1], ("state", state)])
            #expect(long.status == 200 && long[field: "Location"] == nil)
            let tripled = try await browser.post(
                LogoutScene.path, form: [("id_token_hint", hint), ("state", String(repeating: "=", count: 2048))])
            #expect(tripled.status == 413)
            _ = try ShownPage(tripled)
            #expect(try await scene.isLive(session))
            let onward = try #require(DeliveredAnswer(long), "\(long.text)")
            #expect(onward.way == .refresh)
            let answer = try await browser.get(onward.url)
            #expect(DeliveredAnswer(answer)?["state"] == state, "\(answer.text)")
            #expect(try await !scene.isLive(session))
        }
    }

    @Test func `no address but a registered one is ever followed`() async throws {
        try await signedIn { scene, browser, _ in
            let tries = [
                "https://evil.example", "https://evil.example/bye", "//evil.example", "/bye", "javascript:alert(1)",
                "data:text/html,x", "https://app.example.com/bye/", "https://app.example.com/bye#x",
                "https://app.example.com/bye?", "https://APP.example.com/bye", "HTTPS://app.example.com/bye",
                "https://app.example.com:443/bye", "https://app.example.com/./bye", "https://app.example.com/%62ye",
                "https://app.example.com@evil.example/bye", "https://app.example.com\\@evil.example/bye",
                "https://app.example.com/bye\r\nX: y", " https://app.example.com/bye", "https://app.example.com/bye ",
                "https://other.example.com/bye", "http://app.example.com/bye", SignInScene.redirectURI,
                "https://app.example.com/bye\u{301}", "https://app.example.com/bye?from=web&x=1",
            ]
            for uri in tries {
                let hint = try await scene.signedIn(browser).hint
                let answer = try await browser.logout([
                    ("id_token_hint", hint), ("post_logout_redirect_uri", uri), ("state", "s"),
                ])
                #expect(try LogoutOutcome(answer) == .signedOut, "\(uri)")
                #expect(answer[field: "location"] == nil && answer[field: "refresh"] == nil)
                #expect(!answer.text.contains("evil.example"))
            }
        }
    }

    @Test func `markup in parameters is text, and comes back byte by byte`() async throws {
        try await signedIn { scene, browser, _ in
            let state = "\"><script>alert(1)</script>'&amp;\u{301}\n"
            let sent = [
                ("state", state), ("client_id", "web"), ("post_logout_redirect_uri", LogoutScene.back),
                ("ui_locales", "<b>de"), ("logout_hint", "<i>ada"), ("\"><b>", "\"><b>"),
            ]
            let page = try await browser.logout(sent)
            #expect(try LogoutOutcome(page) == .asks)
            for text in ["<script>alert", "<b>", "<i>"] { #expect(!page.text.contains(text)) }
            let answer = try await browser.submit(try ShownPage(page), decision: "continue")
            guard case .goes = try LogoutOutcome(answer) else {
                Issue.record("\(answer.text)")
                return
            }
            #expect(DeliveredAnswer(answer)?["state"]?.equalsBytes(of: state) == true)
        }
    }

    @Test func `requests that are too large, doubled or broken are refused, and nothing ends`() async throws {
        try await signedIn { scene, browser, session in
            let many = (0..<300).map { ("p\($0)", "x") }
            #expect(try await LogoutOutcome(browser.logout(many)) == .refused(400))
            for (query, status) in [
                ("state=a&state=b", 400), ("state=%00", 400), ("state=%ff", 400),
                ("state=" + String(repeating: "a", count: 2049), 413),
                ("x=" + String(repeating: "a", count: 7200), 413),
            ] {
                let answer = try await browser.get(LogoutScene.path + "?" + query)
                #expect(try LogoutOutcome(answer) == .refused(status), "\(query.prefix(20))")
            }
            let json = try await scene.server.http.post(LogoutScene.path, json: [:])
            #expect(json.status == 415)
            #expect(try await scene.server.http.send("DELETE", LogoutScene.path).status == 405)
            #expect(try await scene.isLive(session))
        }
    }

    @Test func `the longest hint and the longest state fit together`() async throws {
        try await signedIn { scene, browser, _ in
            let hint = try await scene.signedIn(browser).hint
            let state = String(repeating: "s", count: 2048)
            let answer = try await browser.logout([
                ("id_token_hint", try scene.token(hint, ["x": .string(String(repeating: "x", count: 1100))])),
                ("post_logout_redirect_uri", LogoutScene.back), ("state", state),
            ])
            #expect(DeliveredAnswer(answer)?["state"] == state, "\(answer.text)")
        }
    }

    @Test func `a cookie of an older generation still signs out`() async throws {
        let clock = TestClock()
        try await signedIn(clock: clock) { scene, browser, session in
            let old = browser.cookies
            _ = try await scene.signIns.signIn(browser, "ada", ["prompt": "login"])
            #expect(browser.cookies[SignInScene.sessionCookie] != old[SignInScene.sessionCookie])
            clock.advance(by: .seconds(31))
            try await scene.server.look()
            let new = browser.cookies
            browser.cookies = old
            #expect(try await browser.silently() == "login_required", "it proves nothing any more")
            browser.cookies = old
            let page = try await browser.logout(Self.asked)
            #expect(try LogoutOutcome(page) == .asks)
            _ = try await browser.submit(try ShownPage(page), decision: "continue")
            browser.cookies = new
            #expect(try await browser.silently() == "login_required")
            #expect(try await !scene.isLive(session))
        }
    }

    @Test func `a step of a sign-in that was left open cannot go on after signing out`() async throws {
        try await LogoutScene.run { scene in
            try await scene.signIns.addClient("asks") { $0.consent = .ask }
            let browser = scene.browser()
            let ada = try await scene.signedIn(browser)
            let password = try await scene.signIns.page(browser, ["client_id": "asks", "prompt": "login"])
            let consent = try ShownPage(try await browser.submit(password, SignInScene.typed()))
            #expect(consent.form?.action == "/signin/consent")
            let cookies = browser.cookies
            _ = try await browser.logout([("id_token_hint", ada.hint)])
            for jar in [browser.cookies, cookies] {
                browser.cookies = jar
                let late = try await browser.submit(consent, decision: "allow")
                #expect(DeliveredAnswer(late) == nil, "\(late.text)")
                #expect(late.text.contains(#"name="password""#))
            }
        }
    }
}
