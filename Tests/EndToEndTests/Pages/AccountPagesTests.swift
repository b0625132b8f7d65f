import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `/account`: what people see of their own account, and what each form changes.
struct AccountPagesTests {
    private static let sessions = "/account/sessions"

    // MARK: Forms

    @Test func `a form of another site, page, browser or time changes nothing`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addUser("eve")
            try await server.addClient()
            let sid = try #require(try await server.login()["sid"])
            let browser = AccountBrowser(server)
            let page = try await browser.open(Self.sessions)
            let seal = try #require(page.hiddenFields.first { $0.0 == "seal" })
            let end = [("sid", sid)]
            for origin in [nil, "null", "https://evil.example", browser.issuer + "/"] as [String?] {
                let answer = try await browser.post(Self.sessions + "/end", [seal] + end, origin: .some(origin))
                #expect(answer.status == 403, "\(origin ?? "none")")
            }
            let other = try #require(try await browser.get("/account/profile").hiddenFields.first { $0.0 == "seal" })
            let stranger = AccountBrowser(server)
            let foreign = try #require(
                try await stranger.get(
                    try #require(try await stranger.get(Self.sessions)[field: "Location"])
                ).hiddenFields.first { $0.0 == "seal" })
            for wrong in [("seal", ""), ("seal", seal.1 + "A"), other, foreign] {
                let answer = try await browser.post(Self.sessions + "/end", [wrong] + end)
                #expect(answer.status == 422 && answer.text.contains("id=\"problem\""), "\(answer.status)")
            }
            #expect(try await stranger.post(Self.sessions + "/end", [seal] + end).status == 303)
            clock.advance(by: .seconds(600))
            try await server.look()
            #expect(try await browser.post(Self.sessions + "/end", [seal] + end).status == 422)
            let record = try #require(try await server.services.store.session(#require(SessionID(sid))))
            #expect(record.session.endedAt == nil)
        }
    }

    @Test func `a form's address leads to its page`() async throws {
        try await withServer { server in
            let browser = AccountBrowser(server)
            for path in ["/end", "/end-others", "/rename"].map({ Self.sessions + $0 }) {
                let answer = try await browser.get(path)
                #expect(answer.status == 303 && answer[field: "Location"] == Self.sessions)
            }
            let answer = try await browser.get("/account")
            #expect(answer.status == 303 && answer[field: "Location"] == Self.sessions)
        }
    }

    // MARK: Sessions

    @Test func `applications stand under their browser, this browser is first, and one can be ended twice`()
        async throws
    {
        try await withServer { server in
            try await server.addUser()
            try await server.addUser("eve")
            try await server.addClient()
            try await server.addForeignClient()
            let elsewhere = AccountBrowser(server)
            #expect(try await elsewhere.use("orders").status == 200)
            let browser = AccountBrowser(server)
            _ = try await browser.open(Self.sessions)
            let direct = try #require(try await server.login()["sid"])
            let foreign = try #require(try await server.login("eve")["sid"])

            let page = try await browser.get(Self.sessions)
            #expect(page.sessions.count == 3 && page.sessions[1] == direct)
            #expect(page.text.matches(of: /Orders/).count == 1)
            #expect(page.text.matches(of: /class="tag ok"/).count == 1)
            for _ in 0..<2 {
                let answer = try await browser.act(Self.sessions + "/end", on: page, [("sid", direct)])
                #expect(answer.status == 303)
                let target = try #require(answer[field: "Location"])
                #expect(try await browser.get(target).note?.hasPrefix("The session has ended.") == true)
                // A note is for the browser that made it, as it was made.
                #expect(try await elsewhere.get(target).note == nil)
                let forged = target.replacing("done=ended", with: "done=renamed")
                #expect(try await browser.get(forged).note == nil)
            }
            let others = [foreign, "", "x", SessionID.generate(at: server.services.clock.now()).description]
            for sid in others {
                #expect(try await browser.act(Self.sessions + "/end", on: page, [("sid", sid)]).status == 404)
            }
            let record = try #require(try await server.services.store.session(#require(SessionID(foreign))))
            #expect(record.session.endedAt == nil)
            // The other browser and what came from it.
            let place = try #require(try await browser.get(Self.sessions).sessions.last)
            _ = try await browser.act(Self.sessions + "/end", on: page, [("sid", place)])
            #expect(try await elsewhere.get(Self.sessions).status == 303)
            #expect(try await browser.get(Self.sessions).sessions.count == 1)
        }
    }

    @Test func `signing out everywhere else needs a new proof, keeps this browser, and tells who has heard`()
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            try await server.addForeignClient()
            let browser = AccountBrowser(server)
            let kept = try await browser.use("orders")
            let refresh = try #require(try await server.login()["refresh_token"])
            clock.advance(by: .seconds(601))
            try await server.look()
            for name in ["one", "two"] { _ = try await server.http.get("/revocations?consumer=\(name)") }

            let page = try await browser.get(Self.sessions)
            let stale = try await browser.act(Self.sessions + "/end-others", on: page)
            #expect(stale.status == 303 && stale[field: "Location"]?.contains("max_age=600") == true)
            let untouched = try await server.refresh(refresh)
            #expect(untouched.status == 200)
            let back = try await browser.signIn(stale)
            #expect(back[field: "Location"] == Self.sessions)
            // The form of before was another generation's.
            #expect(try await browser.act(Self.sessions + "/end-others", on: page).status == 422)

            let fresh = try await browser.get(Self.sessions)
            for _ in 0..<2 {
                let answer = try await browser.act(Self.sessions + "/end-others", on: fresh)
                #expect(answer.status == 303)
            }
            let done = try await browser.act(Self.sessions + "/end-others", on: fresh)
            let target = try #require(done[field: "Location"])
            #expect(try await browser.get(target).note?.hasSuffix("0 of 2 services know by now.") == true)
            let list = try await server.list()
            _ = try await server.http.get("/revocations?consumer=two&after=\(list.sequence)&epoch=\(list.epoch)")
            #expect(try await browser.get(target).note?.hasSuffix("1 of 2 services know by now.") == true)
            let other = try await server.refresh(refresh)
            #expect(other.status == 400)
            let own = try await server.refresh(try #require(kept["refresh_token"]), client: "orders")
            #expect(own.status == 200)
            #expect(try await browser.get(Self.sessions).sessions.count == 1)
        }
    }

    @Test func `a session gets another name, and a name that no list may show is refused`() async throws {
        try await withServer { server in
            try await server.addUser()
            let browser = AccountBrowser(server)
            let page = try await browser.open(Self.sessions)
            let sid = try #require(page.sessions.first)
            let answer = try await browser.act(
                Self.sessions + "/rename", on: page, [("sid", sid), ("name", "<b>Küche</b>")])
            let renamed = try await browser.get(try #require(answer[field: "Location"]))
            #expect(renamed.text.contains("&lt;b&gt;Küche&lt;/b&gt;") && renamed.note != nil)
            for name in [String(repeating: "x", count: 65), "a\u{202E}b", "a\nb"] {
                let refused = try await browser.act(
                    Self.sessions + "/rename", on: page, [("sid", sid), ("name", name)])
                #expect(refused.status == 422 && refused.text.contains("id=\"problem\""))
            }
            #expect(try await browser.get(Self.sessions).text.contains("&lt;b&gt;Küche&lt;/b&gt;"))
        }
    }

    @Test func `a long list has pages, each with this browser first`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let browser = AccountBrowser(server)
            _ = try await browser.open(Self.sessions)
            for _ in 0..<60 { _ = try await server.login() }
            let first = try await browser.get(Self.sessions)
            let next = try #require(first.text.firstMatch(of: /id="next" href="([^"]*)"/)?.1)
            let second = try await browser.get(String(next))
            #expect(first.sessions.count == 51 && second.sessions.count == 11)
            #expect(first.sessions[0] == second.sessions[0])
            #expect(Set(first.sessions + second.sessions).count == 61)
            #expect(try await browser.get(Self.sessions + "?after=x").sessions.count == 51)
        }
    }

    // MARK: Applications, profile

    @Test func `removing an application takes its consent and its sessions, after a new proof`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addForeignClient(name: "<i>Orders</i>")
            let browser = AccountBrowser(server)
            let tokens = try await browser.use("orders")
            let page = try await browser.get("/account/applications")
            #expect(page.text.contains("&lt;i&gt;Orders&lt;/i&gt;") && page.text.contains("<code>email</code>"))
            clock.advance(by: .seconds(601))
            try await server.look()
            let remove = [("client", "orders")]
            let later = try await browser.get("/account/applications")
            let stale = try await browser.act("/account/applications/remove", on: later, remove)
            #expect(stale[field: "Location"]?.contains("max_age=600") == true)
            #expect(try await server.services.store.consents(of: user.id).count == 1)
            _ = try await browser.signIn(stale)
            let fresh = try await browser.get("/account/applications")
            for client in ["latchkey", "nobody", ""] {
                let answer = try await browser.act("/account/applications/remove", on: fresh, [("client", client)])
                #expect(answer.status == 404)
            }
            for _ in 0..<2 {
                let answer = try await browser.act("/account/applications/remove", on: fresh, remove)
                let done = try await browser.get(try #require(answer[field: "Location"]))
                #expect(done.note?.contains("&lt;i&gt;Orders&lt;/i&gt;") == true, "\(done.text)")
            }
            #expect(try await server.services.store.consents(of: user.id).isEmpty)
            let refreshed = try await server.refresh(#require(tokens["refresh_token"]), client: "orders")
            #expect(refreshed.status == 400)
        }
    }

    @Test func `a profile is changed whole or not at all, and never its address`() async throws {
        try await withServer { server in
            let user = try await server.addUser()
            let browser = AccountBrowser(server)
            let page = try await browser.open("/account/profile")
            let good = [("display_name", " Ada \"L\" "), ("locale", "de-AT"), ("zoneinfo", "Europe/Vienna")]
            for (name, text) in [
                ("display_name", "a\u{7}b"), ("display_name", String(repeating: "x", count: 129)),
                ("locale", "english language"), ("zoneinfo", "Vienna"), ("zoneinfo", "../etc"),
            ] {
                let answer = try await browser.act(
                    "/account/profile", on: page, good.filter { $0.0 != name } + [(name, text)])
                #expect(answer.status == 422 && answer.text.contains("aria-invalid"), "\(name)")
            }
            #expect(try await server.services.store.profile(of: user.id)?.displayName == nil)
            let answer = try await browser.act(
                "/account/profile", on: page, good + [("email", "eve@example.com"), ("username", "eve")])
            let saved = try await browser.get(try #require(answer[field: "Location"]))
            #expect(saved.note != nil && saved.text.contains("Ada &quot;L&quot;"))
            let profile = try #require(try await server.services.store.profile(of: user.id))
            #expect(profile.displayName == "Ada \"L\"" && profile.locale == "de-AT")
            #expect(profile.zoneinfo == "Europe/Vienna" && profile.email == nil)
            _ = try await browser.act("/account/profile", on: page, [("locale", "")])
            let empty = try #require(try await server.services.store.profile(of: user.id))
            #expect(empty.displayName == nil && empty.locale == nil && empty.zoneinfo == nil)
        }
    }
}
