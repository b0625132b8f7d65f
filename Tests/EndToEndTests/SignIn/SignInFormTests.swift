import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Forms that were not made for this browser, this request or this moment: nothing is judged, and the person can go on.
struct SignInFormTests {
    private static let own = ("Origin", SignInScene.issuer)

    @Test func `a form that another site posts is refused, however it looks`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let password = try await scene.page(browser)
            let consent = try ShownPage(try await browser.submit(password, SignInScene.typed()))
            let before = try await scene.written()
            let foreign: [[(String, String)]] = [
                [("Origin", "null")], [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")],
                [("Origin", "https://evil.example")],
                [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-origin")],
                [("Origin", "http://localhost:8081")], [("Origin", "https://localhost:8080")],
                [("Origin", "http://localhost")],
                [("Origin", "http://localhost:8080/")], [("Origin", "http://localhost:8080.evil.example")],
                [("Origin", "HTTP://localhost:8080")], [("Origin", "")], [Self.own, Self.own],
                [Self.own, ("Origin", "https://evil.example")], [], [("Sec-Fetch-Site", "none")],
                [("Sec-Fetch-Site", "cross-site")], [("Sec-Fetch-Site", "same-site")],
                [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
                [("Referer", SignInScene.issuer + "/oauth2/authorize")],
            ]
            for headers in foreign {
                for (page, typed, decision) in [
                    (password, SignInScene.typed(), nil), (consent, [:], "allow"), (consent, [:], "deny"),
                ] as [(ShownPage, [String: String], String?)] {
                    let answer = try await browser.submit(page, typed, decision: decision, headers: headers)
                    #expect([400, 403].contains(answer.status), "\(headers)")
                    #expect(DeliveredAnswer(answer) == nil)
                    #expect(try ShownPage(answer).heading?.isEmpty == false)
                    #expect(answer.all("Set-Cookie").isEmpty)
                }
            }
            #expect(try await scene.written() == before)
            // What browsers send, with and without Origin.
            let allowed = try await browser.submit(
                consent, decision: "allow", headers: [("Sec-Fetch-Site", "same-origin")])
            #expect(DeliveredAnswer(allowed)?.code != nil)
        }
    }

    @Test func `no seal, and none but the seal of this browser and this request, lets a form be judged`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let page = try await scene.page(browser)
            let seal = try #require(page.form?["seal"])
            let other = try await scene.page(scene.browser())
            let otherRequest = try await scene.page(browser, ["state": "another"])
            let before = try await scene.written()
            var seals = [
                "", "x", seal + "A", String(seal.dropLast()), String(seal.dropLast()) + "!",
                String(repeating: "a", count: 5000),
            ]
            for index in [5, 30, 60, 120, 190, 220] {
                var bytes = Array(seal.utf8)
                bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
                seals.append(String(decoding: bytes, as: UTF8.self))
            }
            seals += [try #require(other.form?["seal"]), try #require(otherRequest.form?["seal"])]
            for planted in seals {
                let answer = try await browser.submit(page, SignInScene.typed().merging(["seal": planted]) { $1 })
                #expect(answer.status == 422, "\(planted.prefix(20))")
                let again = try ShownPage(answer)
                #expect(again.form?["username"] == "ada" && again.problem != nil)
                #expect(!answer.text.contains(TestServer.password))
                #expect(browser.cookies[SignInScene.sessionCookie] == nil)
            }
            // A changed request under the seal of the first one.
            for (name, value) in [
                ("state", "evil"), ("client_id", "web2"), ("scope", "openid profile orders"), ("nonce", "evil"),
                ("code_challenge", CodeChallenge.s256("evil")), ("prompt", "login"), ("extra", "evil"),
            ] {
                if name == "client_id" { try await scene.addClient("web2") }
                let answer = try await browser.submit(page, SignInScene.typed().merging([name: value]) { $1 })
                #expect(answer.status == 422, "\(name)")
                #expect(DeliveredAnswer(answer) == nil)
            }
            let redirected = try await browser.submit(
                page, SignInScene.typed().merging(["redirect_uri": "https://evil.example/"]) { $1 })
            #expect(redirected.status == 400 && redirected[field: "Location"] == nil)
            #expect(try await scene.written() == before)
            // The form that came again is good.
            let again = try ShownPage(try await browser.submit(page, ["username": "ada", "password": "x", "seal": ""]))
            let answer = try await browser.submit(again, SignInScene.typed())
            #expect(DeliveredAnswer(answer)?.code != nil)
        }
    }

    @Test func `a planted step cookie, a planted session and two cookies of a name sign nobody in`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            // The attacker's own form, cookies and session.
            let attacker = scene.browser()
            let form = try await scene.page(attacker)
            try await scene.signIn(attacker, "grace")
            let attackers = attacker.cookies
            let step = try #require(attackers[SignInScene.stepCookie])

            // Login CSRF: the attacker's form in the victim's browser.
            let victim = scene.browser()
            _ = try await scene.page(victim)
            let planted = try await victim.submit(form, SignInScene.typed("grace"))
            #expect(planted.status == 422)
            #expect(victim.cookies[SignInScene.sessionCookie] == nil)

            // Fixation: what the victim proves must not reach who planted the cookie.
            let fixed = scene.browser()
            fixed.cookies = attackers
            let answer = try await fixed.submit(
                try await scene.page(fixed, ["prompt": "login"]), SignInScene.typed("ada"))
            #expect(DeliveredAnswer(answer)?.code != nil)
            #expect(fixed.cookies[SignInScene.sessionCookie] != attackers[SignInScene.sessionCookie])
            let silent = try #require(DeliveredAnswer(try await scene.authorize(attacker, ["prompt": "none"])))
            #expect(silent.error == "login_required", "the planted session is not ada's")

            // Two of one name: one was planted.
            let good = scene.browser()
            try await scene.signIn(good)
            let session = try #require(good.cookies[SignInScene.sessionCookie])
            let own = try #require(good.cookies[SignInScene.stepCookie])
            for pairs in [
                "\(SignInScene.sessionCookie)=\(session); \(SignInScene.sessionCookie)=x",
                "\(SignInScene.sessionCookie)=x; \(SignInScene.sessionCookie)=\(session)",
                "\(SignInScene.sessionCookie)=\(session); \(SignInScene.sessionCookie)=\(session)",
            ] {
                let twice = try await server.browser.get(
                    SignInScene.path(["prompt": "none"]), headers: [("Cookie", pairs)])
                #expect(DeliveredAnswer(twice)?.error == "login_required")
            }
            let page = try await scene.page(good, ["prompt": "login"])
            let body = page.form?.fields.filter { !["username", "password"].contains($0.name) } ?? []
            let twoSteps = try await server.browser.post(
                "/signin/password",
                form: body.map { ($0.name, $0.value) } + [("username", "ada"), ("password", TestServer.password)],
                headers: [
                    Self.own, ("Cookie", "\(SignInScene.stepCookie)=\(own); \(SignInScene.stepCookie)=\(step)"),
                ])
            #expect(twoSteps.status == 422)
            #expect(twoSteps.cookie(SignInScene.sessionCookie) == nil)
        }
    }

    @Test func `without cookies the page says what is wrong, and nothing is judged`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let page = try await scene.page(browser)
            browser.cookies = [:]
            let wrong = try await browser.submit(page, SignInScene.typed("ada", "wrong"))
            let right = try await scene.browser().submit(page, SignInScene.typed())
            #expect(wrong.status == 422 && right.status == 422)
            #expect(try ShownPage(wrong).problem?.lowercased().contains("cookie") == true)
            #expect(try await scene.written().isEmpty)
            #expect(try await server.services.audit.page(AuditFilter(kind: .loginFailed)).items.isEmpty)
        }
    }

    @Test func `a wrong password, an unknown, a disabled and an impossible name are answered alike`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await server.addUser("lost")
            _ = try await server.services.users.setDisabled("lost", true, actor: .operator)
            var seen: Set<String> = []
            for (name, password) in [
                ("ada", "wrong wrong wrong"), ("nobody", TestServer.password), ("lost", TestServer.password),
                ("lost", "wrong wrong wrong"), ("not a name!", "x"), ("a\u{301}b", "x"),
            ] {
                let browser = scene.browser()
                let answer = try await browser.submit(try await scene.page(browser), SignInScene.typed(name, password))
                #expect(answer.status == 422, "\(name)")
                let page = try ShownPage(answer)
                let masked = page.elements.map { element in
                    element.name
                        + element.attributes.map { attribute in
                            let differs =
                                ["username", "seal"].contains(element["name"] ?? "") && attribute.name == "value"
                            return " \(attribute.name)=\(differs ? "…" : attribute.value)"
                        }.joined() + ">" + element.text
                }.joined(separator: "\n")
                let fields = answer.fields.filter {
                    !["x-request-id", "date", "set-cookie", "content-length"].contains($0.name.lowercased())
                }
                seen.insert(fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + masked)
                #expect(answer.all("Set-Cookie").isEmpty)
                #expect(!answer.text.contains(password) || password == "x")
            }
            #expect(seen.count == 1, "\(seen)")
            #expect(try await scene.written().isEmpty)
        }
    }

    @Test func `too many attempts keep the name, say when to come back, and judge nothing meanwhile`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            var page = try await scene.page(browser)
            var answer = page.response
            for _ in 0..<40 where answer.status != 429 {
                answer = try await browser.submit(page, SignInScene.typed("ada", "wrong wrong wrong"))
                page = try ShownPage(answer)
            }
            #expect(answer.status == 429)
            let wait = try #require(answer[field: "Retry-After"].flatMap { Int($0) })
            #expect(wait > 0)
            #expect(page.form?["username"] == "ada" && page.problem != nil)
            let right = try await browser.submit(page, SignInScene.typed())
            #expect(right.status == 429)
            #expect(browser.cookies[SignInScene.sessionCookie] == nil)
            // Beside it, another user is not held up for ever, and afterwards the same form is good.
            clock.advance(by: .seconds(wait + 1))
            let after = try await browser.submit(try ShownPage(right), SignInScene.typed())
            let shown =
                after.status == 422 ? try await browser.submit(try ShownPage(after), SignInScene.typed()) : after
            #expect(DeliveredAnswer(shown)?.code != nil, "\(shown.status) \(shown.text)")
        }
    }

    @Test func `what is not filled in, too long or no form comes back as a page`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let browser = scene.browser()
            let page = try await scene.page(browser)
            for typed in [
                ["username": "", "password": ""], ["username": "ada", "password": ""],
                ["username": "", "password": "x"],
                ["username": String(repeating: "n", count: 5000), "password": "x"],
                ["username": "ada", "password": String(repeating: "p", count: 10_000)],
                ["username": "ada\n", "password": "x\r\ny"],
            ] {
                let answer = try await browser.submit(page, typed)
                #expect([422].contains(answer.status), "\(typed.mapValues { $0.prefix(20) }) \(answer.status)")
                let again = try ShownPage(answer)
                #expect(again.problem != nil && again.form?["seal"] != nil)
            }
            let huge = try await browser.submit(page, SignInScene.typed("ada", String(repeating: "p", count: 2 << 20)))
            #expect(huge.status == 413)
            for type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
                let answer = try await browser.send(
                    "POST", "/signin/password", headers: [Self.own, ("Content-Type", type)],
                    body: Array("username=ada&password=x".utf8))
                #expect(answer.status == 415)
                _ = try ShownPage(answer)
            }
            let consent = try ShownPage(try await browser.submit(page, SignInScene.typed()))
            let fields = try #require(consent.form?.fields)
            for decision in ["", "maybe", "Allow", "allow ", "continue"] {
                let answer = try await browser.post("/signin/consent", form: fields + [("decision", decision)])
                #expect(answer.status == 400, "\(decision)")
                _ = try ShownPage(answer)
            }
            let both = try await browser.post(
                "/signin/consent", form: fields + [("decision", "deny"), ("decision", "allow")])
            #expect(both.status == 400)
            let twice = try await browser.post(
                "/signin/password", form: fields + [("username", "ada"), ("username", "grace"), ("password", "x")])
            #expect(twice.status == 400)
            let many = (0..<300).map { ("p\($0)", "x") }
            let crowded = try await browser.post("/signin/consent", form: fields + many + [("decision", "allow")])
            #expect([400, 413].contains(crowded.status))
            for answer in [both, twice, crowded] { _ = try ShownPage(answer) }
            #expect(try await scene.written().isEmpty, "a proof is no sign-in yet")
            #expect(DeliveredAnswer(try await browser.submit(consent, decision: "allow"))?.code != nil)
        }
    }

    @Test func `a step of another browser, another user or another form is no step of this one`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let ada = scene.browser()
            let consent = try ShownPage(try await ada.submit(try await scene.page(ada), SignInScene.typed()))
            let before = try await scene.written()
            // Consent, pasted into a browser of nobody, and into grace's.
            let nobody = scene.browser()
            _ = try await scene.page(nobody)
            let grace = scene.browser()
            _ = try await grace.submit(try await scene.page(grace), SignInScene.typed("grace"))
            for browser in [nobody, grace] {
                for decision in ["allow", "another"] {
                    let answer = try await browser.submit(consent, decision: decision)
                    #expect(answer.status == 422, "\(decision)")
                    #expect(DeliveredAnswer(answer) == nil)
                    #expect(try ShownPage(answer).form?.action == "/signin/password")
                }
            }
            // Consent without a proof, under a good seal of the password form.
            let page = try await scene.page(ada)
            let fields = try #require(page.form?.fields).filter { !["username", "password"].contains($0.name) }
            for (path, decision) in [
                ("/signin/consent", "allow"), ("/signin/continue", "continue"), ("/signin/account", "continue"),
            ] {
                let answer = try await ada.post(path, form: fields + [("decision", decision)])
                #expect(DeliveredAnswer(answer) == nil, "\(path)")
                #expect(answer.status == 422, "\(path)")
            }
            let changed = try await ada.post(
                "/signin/new-password", form: fields + [("new_password", "another-good-password-1")])
            #expect(changed.status == 422)
            // Consent is not skipped by another step of the same form.
            let consentFields = try #require(consent.form?.fields)
            let confirmed = try await ada.post("/signin/continue", form: consentFields + [("decision", "continue")])
            #expect(DeliveredAnswer(confirmed) == nil)
            let replaced = try await ada.post(
                "/signin/new-password", form: consentFields + [("new_password", "another-good-password-1")])
            #expect(DeliveredAnswer(replaced) == nil)
            #expect(try await scene.written() == before)
            #expect(try await server.login(client: "web").status != 500)
            #expect(DeliveredAnswer(try await ada.submit(consent, decision: "allow"))?.code != nil)
        }
    }
}
