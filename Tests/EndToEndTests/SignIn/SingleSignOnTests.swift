import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// One sign-in serves several clients: who is asked again, and when.
struct SingleSignOnTests {
    private func silent(
        _ scene: SignInScene, _ browser: TestBrowser, _ change: [String: String?] = [:]
    ) async throws -> DeliveredAnswer {
        let answer = try await scene.authorize(browser, ["prompt": "none"].merging(change) { $1 })
        return try #require(DeliveredAnswer(answer), "\(answer.status) \(answer.text)")
    }

    @Test func `a second client gets its code at once, and both tell the time of the password`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("shop") { $0.redirectURIs = ["https://shop.example.org/cb"] }
            let browser = scene.browser()
            let first = try await scene.redeem(try await scene.signIn(browser).code)
            let proven = clock.now.seconds
            clock.advance(by: .seconds(3000))
            let shop = ["client_id": "shop", "redirect_uri": "https://shop.example.org/cb"]
            let answer = try #require(DeliveredAnswer(try await scene.authorize(browser, shop)))
            #expect(answer.way == .redirect)
            let second = try await scene.redeem(
                answer.code, client: "shop", redirectURI: "https://shop.example.org/cb")
            clock.advance(by: .seconds(100))
            let third = try await scene.refresh(first)
            for tokens in [first, second, third] {
                let claims = try await scene.idClaims(tokens).claims
                #expect(claims["auth_time"]?.integer == proven)
                #expect(claims["amr"]?.strings == ["pwd"])
            }
            #expect(try await scene.idClaims(second).claims["aud"]?.string == "shop")
            let sessions = [
                try await scene.idClaims(first).claims["sid"], try await scene.idClaims(second).claims["sid"],
            ]
            #expect(sessions[0] != sessions[1])
        }
    }

    @Test func `prompt none never shows a page`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("asks") { $0.consent = .ask }
            try await scene.addClient("app") { $0.redirectURIs = ["com.example.app:/cb"] }
            let browser = scene.browser()
            let signedIn = try await scene.redeem(try await scene.signIn(browser).code)
            let hint = try #require(signedIn["id_token"])
            let access = try #require(signedIn["access_token"])
            let grace = scene.browser()
            let others = try await scene.redeem(try await scene.signIn(grace, "grace").code)
            let foreign = try #require(others["id_token"])
            clock.advance(by: .seconds(100))
            let refused: [(String, TestBrowser, [String: String?])] = [
                ("login_required", scene.browser(), [:]),
                ("login_required", scene.browser(), ["id_token_hint": hint]),
                ("login_required", browser, ["max_age": "0"]),
                ("login_required", browser, ["max_age": "99"]),
                ("login_required", browser, ["login_hint": "grace"]),
                ("login_required", browser, ["login_hint": "<b>nobody</b>"]),
                ("login_required", browser, ["id_token_hint": foreign]),
                ("login_required", grace, ["id_token_hint": hint]),
                ("invalid_request", browser, ["id_token_hint": access]),
                ("invalid_request", browser, ["id_token_hint": String(hint.dropLast(4)) + "AAAA"]),
                ("consent_required", browser, ["client_id": "asks"]),
                ("interaction_required", browser, ["client_id": "app", "redirect_uri": "com.example.app:/cb"]),
            ]
            for (error, browser, change) in refused {
                let answer = try await silent(scene, browser, change)
                #expect(answer.error == error, "\(change)")
                #expect(answer["state"] == "a state" && answer["iss"] == SignInScene.issuer)
            }
            for change in [
                [:], ["max_age": "100"], ["login_hint": "ada"], ["id_token_hint": hint], ["login_hint": "ADA"],
            ] {
                #expect(try await silent(scene, browser, change).code != nil, "\(change)")
            }
            #expect(try await silent(scene, browser, ["acr_values": "urn:nobody:knows phr"]).code != nil)
            // In a frame of another site the browser sends no cookies: the answer is the same at once.
            let framed = try await server.browser.get(
                SignInScene.path(["prompt": "none"]),
                headers: [
                    ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate"),
                ])
            #expect(framed.status == 303 && DeliveredAnswer(framed)?.error == "login_required")
        }
    }

    @Test func `prompt login and max_age ask for the password of the same user, once`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let first = try await scene.redeem(try await scene.signIn(browser).code)
            let session = try SignInScene.session(browser)
            for change in [["prompt": "login"], ["max_age": "0"], ["max_age": "50"], ["prompt": "login consent"]] {
                clock.advance(by: .seconds(60))
                let page = try await scene.page(browser, change)
                #expect(page.form?.action == "/signin/password" && page.form?["username"] == "ada", "\(change)")
                let cookie = browser.cookies[SignInScene.sessionCookie]
                var answer = try await browser.submit(page, SignInScene.typed())
                if change["prompt"] == "login consent" {
                    #expect(DeliveredAnswer(answer)?.code != nil, "a client that never asks for consent")
                }
                if DeliveredAnswer(answer) == nil {
                    answer = try await browser.submit(try ShownPage(answer), decision: "allow")
                }
                let tokens = try await scene.redeem(DeliveredAnswer(answer)?.code)
                #expect(try await scene.idClaims(tokens).claims["auth_time"]?.integer == clock.now.seconds, "\(change)")
                #expect(browser.cookies[SignInScene.sessionCookie] != cookie, "a new cookie after each proof")
                #expect(try SignInScene.session(browser) == session, "the same session")
            }
            // Renewing told nobody: the first client's session lives, with its own auth_time.
            let refreshed = try await scene.refresh(first)
            #expect(refreshed.status == 200)
            let firstTime = try await scene.idClaims(first).claims["auth_time"]
            #expect(try await scene.idClaims(refreshed).claims["auth_time"] == firstTime)
            #expect(try await silent(scene, browser).code != nil)
            #expect(try await server.list().entries.isEmpty)
        }
    }

    @Test func `the cookie of before a new proof is soon worth nothing`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            let old = browser.copy()
            clock.advance(by: .seconds(100))
            try await scene.signIn(browser, "ada", ["prompt": "login"])
            #expect(try await silent(scene, old, ["max_age": "50"]).error == "login_required", "its own time of proof")
            #expect(try await silent(scene, old).code != nil, "another tab's answer may be on its way")
            clock.advance(by: .seconds(31))
            #expect(try await silent(scene, old).error == "login_required")
            #expect(try await silent(scene, browser).code != nil)
        }
    }

    @Test func `stay signed in decides whether the browser keeps the cookie, and how long it lives`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let short = scene.browser()
            let long = scene.browser()
            let page = try await scene.page(short)
            #expect(page.form?["stay"] == nil, "nothing is ticked before the person did")
            let line = try await short.submit(page, SignInScene.typed()).all("Set-Cookie")
            let kept = try await long.submit(
                try await scene.page(long), SignInScene.typed().merging(["stay": "yes"]) { $1 }
            ).all("Set-Cookie")
            #expect(line.count == 1 && kept.count == 1)
            #expect(line[0].hasSuffix("; Path=/; HttpOnly; SameSite=Lax"))
            #expect(kept[0].hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Max-Age=\(90 * 86400)"))
            clock.advance(by: .seconds(12 * 3600 - 1))
            #expect(try await silent(scene, short).code != nil)
            clock.advance(by: .seconds(13 * 3600))
            #expect(try await silent(scene, short).error == "login_required")
            #expect(try await silent(scene, long).code != nil)
        }
    }

    @Test func `an https issuer has __Host- cookies`() async throws {
        try await withServer(["issuer": "https://login.example.com"]) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = TestBrowser(base: server.http.base, issuer: "https://login.example.com")
            let page = try await scene.page(browser)
            let step = page.response.all("Set-Cookie")
            #expect(step.count == 1 && step[0].hasPrefix("__Host-latchkey_step="))
            let answer = try await browser.submit(page, SignInScene.typed())
            let session = answer.all("Set-Cookie")
            #expect(session.count == 1 && session[0].hasPrefix("__Host-latchkey_signin=lkb_"))
            for line in step + session { #expect(line.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Lax")) }
            // The development name is somebody else's.
            let plain = TestBrowser(
                base: server.http.base, issuer: "https://login.example.com",
                cookies: ["latchkey_dev_signin": try #require(browser.cookies["__Host-latchkey_signin"])])
            #expect(try await silent(scene, plain).error == "login_required")
        }
    }

    @Test func `a hint at somebody else asks who is meant, and never signs in the other one`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let ada = try await scene.redeem(try await scene.signIn(browser).code)
            let session = try SignInScene.session(browser)
            let grace = try await scene.redeem(try await scene.signIn(scene.browser(), "grace").code)
            let hint = try #require(grace["id_token"])
            for change in [["login_hint": "grace"], ["id_token_hint": hint], ["prompt": "select_account"]] {
                let page = try await scene.page(browser, change)
                #expect(
                    page.form?.action == "/signin/account" && page.form?.decisions == ["continue", "another"],
                    "\(change)")
            }
            // Going on as ada answers a login hint, but never an ID token hint of grace.
            let asAda = try await browser.submit(
                try await scene.page(browser, ["login_hint": "grace"]), decision: "continue")
            #expect(DeliveredAnswer(asAda)?.code != nil)
            let refused = try await browser.submit(
                try await scene.page(browser, ["id_token_hint": hint]), decision: "continue")
            #expect(DeliveredAnswer(refused)?.error == "login_required")
            let other = try await browser.submit(
                try await scene.page(browser, ["id_token_hint": hint]), decision: "another")
            let adaAgain = try await browser.submit(try ShownPage(other), SignInScene.typed("ada"))
            #expect(DeliveredAnswer(adaAgain)?.error == "login_required")
            // Another user in this browser: the session of the first one ends before.
            let chosen = try await browser.submit(
                try await scene.page(browser, ["prompt": "select_account"]), decision: "another")
            #expect(try ShownPage(chosen).form?["username"] == "")
            let delivered = DeliveredAnswer(try await browser.submit(try ShownPage(chosen), SignInScene.typed("grace")))
            let tokens = try await scene.redeem(delivered?.code)
            let gracesID = try await scene.idClaims(grace).claims["sub"]
            #expect(try await scene.idClaims(tokens).claims["sub"] == gracesID)
            #expect(try SignInScene.session(browser) != session)
            // ada's client has offline_access and lives on; without it it would have ended.
            #expect(try await scene.refresh(ada).status == 200)
        }
    }

    @Test func `the end of a browser session ends what has no offline_access, at once`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let bound = try await scene.redeem(try await scene.signIn(browser, "ada", ["scope": "openid"]).code)
            let offline = try await scene.redeem(
                try #require(DeliveredAnswer(try await scene.authorize(browser))).code)
            let other = scene.browser()
            let elsewhere = try await scene.redeem(try await scene.signIn(other, "ada", ["scope": "openid"]).code)
            let pending = try #require(DeliveredAnswer(try await scene.authorize(browser))).code
            let unfinished = try await scene.page(browser, ["prompt": "select_account"])

            try await scene.end(try SignInScene.session(browser))
            let refused = try await scene.refresh(bound)
            #expect(refused.status == 400 && refused["error"] == "invalid_grant")
            let dead = try await server.http.authorised(
                "GET", "/oauth2/userinfo", bearer: try #require(bound["access_token"]))
            #expect(dead.status == 401)
            #expect(try await scene.refresh(offline).status == 200)
            #expect(try await scene.refresh(elsewhere).status == 200)
            #expect(try await scene.redeem(pending)["error"] == "invalid_grant")
            #expect(try await silent(scene, browser).error == "login_required")
            let again = try await browser.submit(unfinished, decision: "continue")
            #expect(again.status == 422)
            #expect(try ShownPage(again).form?.action == "/signin/password")
        }
    }

    @Test func `what changes at the user or the client holds for the next request`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let web = try #require(ClientID("web"))
            let browser = scene.browser()
            try await scene.signIn(browser)
            let code = try #require(DeliveredAnswer(try await scene.authorize(browser))).code
            _ = try await server.services.clients.update(web, actor: .operator) {
                $0.redirectURIs = ["https://new.example.com/cb"]
            }
            #expect(try await scene.redeem(code)["error"] == "invalid_grant")
            #expect(try await scene.authorize(browser).status == 400)
            _ = try await server.services.clients.update(web, actor: .operator) {
                $0.redirectURIs = [SignInScene.redirectURI]
            }
            let form = try await scene.page(browser, ["prompt": "login"])
            _ = try await server.services.users.setDisabled("ada", true, actor: .operator)
            #expect(try await silent(scene, browser).error == "login_required")
            #expect(try await browser.submit(form, SignInScene.typed()).status == 422)
            _ = try await server.services.users.setDisabled("ada", false, actor: .operator)
            #expect(try await silent(scene, browser).error == "login_required", "disabling ended it")
            try await scene.signIn(browser)
            let pending = try #require(DeliveredAnswer(try await scene.authorize(browser))).code
            try await server.services.users.setPassword(
                "ada", Password("another-good-password-1"), actor: .operator)
            #expect(try await scene.redeem(pending)["error"] == "invalid_grant")
            #expect(try await silent(scene, browser).error == "login_required")
        }
    }

    @Test func `a sign-in counts right after its user was enabled, by whichever clock`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            for behind in [Duration.zero, .milliseconds(300)] {
                _ = try await server.services.users.setDisabled("ada", true, actor: .operator)
                _ = try await server.services.users.setDisabled("ada", false, actor: .operator)
                // The watermark is of another node, whose clock is a little ahead of this one.
                clock.advance(by: .zero - behind)
                let browser = scene.browser()
                let tokens = try await scene.redeem(try await scene.signIn(browser).code)
                #expect(tokens.status == 200, "\(tokens.text)")
                #expect(try await silent(scene, browser).code != nil)
                let user = try await server.services.users.find("ada")
                _ = try await server.services.store.revoke(
                    RevocationOrder(.user(user.id), reason: .admin, actor: .operator))
                #expect(try await silent(scene, browser).error == "login_required")
                #expect(try await scene.refresh(tokens).status == 400)
            }
        }
    }

    @Test func `a frame that waits hears that the server cannot answer now, and people see a page`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("asks") { $0.consent = .ask }
            let browser = scene.browser()
            try await scene.signIn(browser)
            let consent = try await scene.page(browser, ["client_id": "asks"])
            clock.advance(by: .seconds(-50))
            #expect(try await silent(scene, browser, ["state": "s"]).error == "temporarily_unavailable")
            #expect(try await silent(scene, scene.browser()).error == "login_required")
            let page = try await scene.authorize(browser)
            #expect(page.status == 503 && page[field: "Retry-After"] != nil)
            let again = try await browser.submit(consent, decision: "allow")
            #expect(again.status == 503 && again[field: "Retry-After"] != nil)
            #expect(try ShownPage(again).form == nil, "it asks for no password")
            clock.advance(by: .seconds(50))
            #expect(DeliveredAnswer(try await browser.submit(consent, decision: "allow"))?.code != nil)
        }
    }
}
