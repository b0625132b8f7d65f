import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Tabs, Back, reload, old forms and copied addresses: a sign-in goes on or starts again, and never ends nowhere.
struct ConversationTests {
    @Test func `two tabs reach each its own client`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("shop") {
                $0.redirectURIs = ["https://shop.example.org/cb"]
                $0.consent = .ask
            }
            let browser = scene.browser()
            let shop = ["client_id": "shop", "redirect_uri": "https://shop.example.org/cb", "state": "shop"]
            let first = try await scene.page(browser, ["state": "web"])
            let second = try await scene.page(browser, shop)
            // The second tab is on its consent page when the first one signs in; both in any order.
            let consent = try ShownPage(try await browser.submit(second, SignInScene.typed()))
            #expect(consent.form?.action == "/signin/consent")
            let web = try #require(DeliveredAnswer(try await browser.submit(first, SignInScene.typed())))
            #expect(web["state"] == "web" && web.url.hasPrefix(SignInScene.redirectURI))
            let answer = try #require(DeliveredAnswer(try await browser.submit(consent, decision: "allow")))
            #expect(answer["state"] == "shop" && answer.url.hasPrefix("https://shop.example.org/cb"))
            #expect(try await scene.redeem(web.code).status == 200)
            let tokens = try await scene.redeem(
                answer.code, client: "shop", redirectURI: "https://shop.example.org/cb")
            #expect(tokens.status == 200)
            // A third tab, opened before anybody was signed in.
            let third = try await scene.page(browser, ["state": "third", "prompt": "login"])
            let last = try #require(DeliveredAnswer(try await browser.submit(third, SignInScene.typed())))
            #expect(last["state"] == "third" && last.code != nil && last.code != web.code)
            // The first tab again: its code was used.
            let stale = try await browser.submit(first, SignInScene.typed())
            #expect(stale.status == 200 && DeliveredAnswer(stale) == nil)
        }
    }

    @Test func `two users in one browser do not get each other's codes`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let first = try await scene.page(browser, ["state": "1"])
            let second = try await scene.page(browser, ["state": "2"])
            let ada = try await scene.redeem(
                DeliveredAnswer(try await browser.submit(first, SignInScene.typed()))?.code)
            let grace = try await scene.redeem(
                DeliveredAnswer(try await browser.submit(second, SignInScene.typed("grace")))?.code)
            let adasID = try await server.services.users.find("ada").id.description
            let gracesID = try await server.services.users.find("grace").id.description
            #expect(try await scene.idClaims(ada).claims["sub"]?.string == adasID)
            #expect(try await scene.idClaims(grace).claims["sub"]?.string == gracesID)
            // ada's form again, now with grace's password.
            let crossed = try await browser.submit(first, SignInScene.typed("grace"))
            #expect(crossed.status < 500)
            if let code = DeliveredAnswer(crossed)?.code {
                let tokens = try await scene.redeem(code)
                #expect(try await scene.idClaims(tokens).claims["sub"]?.string == gracesID)
            }
            let silent = try #require(DeliveredAnswer(try await scene.authorize(browser, ["prompt": "none"])))
            #expect(try await scene.idClaims(try await scene.redeem(silent.code)).claims["sub"]?.string == gracesID)
        }
    }

    @Test func `a double click gets the first answer, and Back after it says that all is done`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let password = try await scene.page(browser)
            let consent = try ShownPage(try await browser.submit(password, SignInScene.typed()))
            let first = try #require(DeliveredAnswer(try await browser.submit(consent, decision: "allow")))
            let second = try #require(DeliveredAnswer(try await browser.submit(consent, decision: "allow")))
            #expect(second == first)
            let again = try #require(DeliveredAnswer(try await browser.submit(password, SignInScene.typed())))
            #expect(again == first)
            let wrong = try await browser.submit(password, SignInScene.typed("ada", "wrong wrong wrong"))
            #expect(wrong.status == 422 && DeliveredAnswer(wrong) == nil, "the password is checked again")
            let before = try await scene.written()
            #expect(before.filter { $0 == .loginCodeIssued }.count == 1)
            let tokens = try await scene.redeem(first.code)
            #expect(tokens.status == 200)
            for response in [
                try await browser.submit(consent, decision: "allow"),
                try await browser.submit(password, SignInScene.typed()),
            ] {
                #expect(response.status == 200)
                #expect(DeliveredAnswer(response) == nil)
                let page = try ShownPage(response)
                #expect(page.form == nil && page.heading?.isEmpty == false)
            }
            #expect(try await scene.refresh(tokens).status == 200, "Back ended nothing")
        }
    }

    @Test func `a double click at the same time issues one code`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let page = try await scene.page(browser)
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<4 { group.addTask { try await browser.submit(page, SignInScene.typed()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let codes = Set(answers.compactMap { DeliveredAnswer($0)?.code })
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.status))")
            #expect(codes.count == 1)
            #expect(try await scene.written().filter { $0 == .loginCodeIssued }.count == 1)
            #expect(try await scene.redeem(codes.first).status == 200)
        }
    }

    @Test func `a form that was left open too long comes again with the name, and then works`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let page = try await scene.page(browser)
            clock.advance(by: .seconds(600))
            let late = try await browser.submit(page, SignInScene.typed())
            #expect(late.status == 422)
            let again = try ShownPage(late)
            #expect(again.problem != nil && again.form?["username"] == "ada")
            #expect(!late.text.contains(TestServer.password))
            let consent = try ShownPage(try await browser.submit(again, SignInScene.typed()))
            clock.advance(by: .seconds(600))
            let lateConsent = try await browser.submit(consent, decision: "allow")
            #expect(lateConsent.status == 422 && DeliveredAnswer(lateConsent) == nil)
            let restarted = try ShownPage(lateConsent)
            #expect(restarted.form?.action == "/signin/password")
            let third = try ShownPage(try await browser.submit(restarted, SignInScene.typed()))
            clock.advance(by: .seconds(599))
            #expect(DeliveredAnswer(try await browser.submit(third, decision: "allow"))?.code != nil)
            // Over night: the old forms of a browser that is signed in.
            clock.advance(by: .seconds(3600))
            for (page, typed, decision) in [(page, SignInScene.typed(), nil), (third, [:], "allow")]
                as [(ShownPage, [String: String], String?)]
            {
                let answer = try await browser.submit(page, typed, decision: decision)
                #expect(answer.status < 500 && answer.status != 409)
                let page = try ShownPage(answer)
                #expect(DeliveredAnswer(answer)?.code != nil || page.form != nil)
            }
        }
    }

    @Test func `the address of a form, copied or opened from the history, says how to begin`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            for path in [
                "/signin/password", "/signin/new-password", "/signin/account", "/signin/consent", "/signin/continue",
                "/signin/consent?seal=x&client_id=web", "/signin/password?username=ada&password=x",
            ] {
                let answer = try await browser.get(path)
                #expect(answer.status == 200)
                let page = try ShownPage(answer)
                #expect(page.form == nil && page.heading?.isEmpty == false)
                #expect(page.elements.contains { $0.name == "a" && $0["href"]?.hasPrefix("/") == true }, "a way on")
                #expect(!answer.text.contains("password=x"))
            }
            for path in ["/signin", "/signin/", "/signin/nothing", "/signin/password/", "/oauth2/authorize/"] {
                let answer = try await browser.get(path)
                #expect(answer.status == 404, "\(path)")
            }
            let empty = try await browser.post("/signin/password", form: [])
            #expect(empty.status == 400)
            #expect(try ShownPage(empty).heading?.isEmpty == false)
            #expect(try await scene.written().isEmpty)
        }
    }

    @Test func `Cancel tells the client, changes nothing and keeps the person signed in`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            try await scene.addClient("trusted")
            let browser = scene.browser()
            try await scene.signIn(browser, "ada", ["client_id": "trusted"])
            let before = try await scene.written()
            for mode in [nil, "form_post"] {
                let page = try await scene.page(browser, ["response_mode": mode])
                #expect(page.form?.decisions == ["allow", "deny", "another"])
                let answer = try #require(DeliveredAnswer(try await browser.submit(page, decision: "deny")))
                #expect(answer.way == (mode == nil ? .refresh : .formPost))
                #expect(answer.error == "access_denied" && answer["state"] == "a state")
                #expect(answer["iss"] == SignInScene.issuer && answer.code == nil)
            }
            #expect(try await scene.written() == before)
            #expect(
                DeliveredAnswer(try await scene.authorize(browser, ["prompt": "none"]))?.error == "consent_required")
        }
    }

    @Test func `consent is asked once, again for more, again by prompt, and never given by another step`() async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let little = ["scope": "openid"]
            let consent = try ShownPage(
                try await browser.submit(try await scene.page(browser, little), SignInScene.typed()))
            #expect(DeliveredAnswer(try await browser.submit(consent, decision: "allow"))?.code != nil)
            #expect(DeliveredAnswer(try await scene.authorize(browser, little))?.code != nil)
            let more = try await scene.page(browser)
            #expect(more.form?.action == "/signin/consent")
            let byPrompt = try await scene.page(browser, ["scope": "openid", "prompt": "consent"])
            #expect(byPrompt.form?.action == "/signin/consent")
            #expect(DeliveredAnswer(try await browser.submit(more, decision: "allow"))?.code != nil)
            #expect(DeliveredAnswer(try await scene.authorize(browser))?.code != nil)
            #expect(try await scene.page(scene.browser()).form?.action == "/signin/password")
            let grace = scene.browser()
            let hers = try await grace.submit(try await scene.page(grace, little), SignInScene.typed("grace"))
            #expect(try ShownPage(hers).form?.action == "/signin/consent", "consent is a user's")
        }
    }

    @Test func `a consent page opened again after sign-out gives nothing`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            try await scene.addClient("trusted")
            let browser = scene.browser()
            // A consent that rests on a browser session, and one that rests on a password of this sign-in.
            try await scene.signIn(browser, "ada", ["client_id": "trusted"])
            let resting = try await scene.page(browser)
            #expect(resting.form?.action == "/signin/consent")
            try await scene.end(try SignInScene.session(browser))
            let answer = try await browser.submit(resting, decision: "allow")
            #expect(answer.status == 422)
            #expect(try ShownPage(answer).form?.action == "/signin/password")
            let proven = try ShownPage(try await browser.submit(try ShownPage(answer), SignInScene.typed()))
            #expect(proven.form?.action == "/signin/consent")
            // Everywhere: the proof of before is no proof any more.
            let user = try await server.services.users.find("ada").id
            let ended = try await server.revoke("user", user.description)
            #expect((200...299).contains(ended.status), "\(ended.text)")
            let late = try await browser.submit(proven, decision: "allow")
            #expect(DeliveredAnswer(late) == nil, "\(late.status)")
            #expect(late.status == 422)
            // Nothing was typed wrong.
            #expect(try ShownPage(late).problem == (try ShownPage(answer)).problem)
            #expect(try ShownPage(late).form?.action == "/signin/password")
            #expect(try await scene.written().filter { $0 == .loginCodeIssued }.count == 1)
        }
    }

    @Test func `a password that changes in between ends the sign-in under way`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let consent = try ShownPage(try await browser.submit(try await scene.page(browser), SignInScene.typed()))
            try await server.services.users.setPassword("ada", Password("another-good-password-1"), actor: .operator)
            let answer = try await browser.submit(consent, decision: "allow")
            #expect(DeliveredAnswer(answer) == nil && answer.status == 422)
            #expect(try ShownPage(answer).form?.action == "/signin/password")
            let next = try ShownPage(
                try await browser.submit(try ShownPage(answer), SignInScene.typed("ada", "another-good-password-1")))
            _ = try await server.services.clients.setDisabled(try #require(ClientID("web")), true, actor: .operator)
            let refused = try await browser.submit(next, decision: "allow")
            #expect(refused.status == 400 && DeliveredAnswer(refused) == nil)
            _ = try ShownPage(refused)
        }
    }
}
