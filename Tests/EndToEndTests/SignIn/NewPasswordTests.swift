import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// A password that must be changed at the next sign-in: no code before that, and none by a way around it.
struct NewPasswordTests {
    private static let next = "another-good-password-1"

    @Test func `the new password comes before the code, by its rules`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await server.addUser("lin", mustChange: true)
            let browser = scene.browser()
            let page = try ShownPage(try await browser.submit(try await scene.page(browser), SignInScene.typed("lin")))
            #expect(page.form?.action == "/signin/new-password" && page.form?["username"] == "lin")
            #expect(browser.cookies[SignInScene.sessionCookie] == nil)
            for bad in [
                "", "short", "123456789012345", "123456789012lin", TestServer.password,
                String(repeating: "p", count: 5000),
            ] {
                let answer = try await browser.submit(page, ["new_password": bad])
                #expect(answer.status == 422, "\(bad.prefix(20))")
                let again = try ShownPage(answer)
                #expect(again.problem != nil && again.form?.action == "/signin/new-password")
                #expect(bad.isEmpty || !answer.text.contains("\"\(bad)\""))
            }
            #expect(try await scene.written().isEmpty)
            // The step cannot be left out.
            let fields = try #require(page.form?.fields)
            for (path, decision) in [("/signin/consent", "allow"), ("/signin/continue", "continue")] {
                let answer = try await browser.post(path, form: fields + [("decision", decision)])
                #expect(DeliveredAnswer(answer) == nil, "\(path)")
                #expect(try ShownPage(answer).form?.action == "/signin/new-password")
            }
            let silent = try await scene.authorize(browser, ["prompt": "none"])
            #expect(DeliveredAnswer(silent)?.error == "login_required")
            // Whose name the form says does not matter: the row's user gets the new password.
            let done = try #require(
                DeliveredAnswer(try await browser.submit(page, ["new_password": Self.next, "username": "grace"])))
            let tokens = try await scene.redeem(done.code)
            let user = try await server.services.users.find("lin")
            #expect(try await scene.idClaims(tokens).claims["sub"]?.string == user.id.description)
            #expect(!user.mustChangePassword)
            #expect(try await scene.written().contains(.passwordChanged))
            let old = try await scene.browser().submit(try await scene.page(scene.browser()), SignInScene.typed("lin"))
            #expect(old.status == 422)
            try await scene.signIn(scene.browser(), "grace")
            // The form again, after the change.
            let repeated = try await browser.submit(page, ["new_password": "yet-another-good-password"])
            #expect(repeated.status < 500 && repeated.status != 409)
            let fresh = scene.browser()
            let answer = try await fresh.submit(try await scene.page(fresh), SignInScene.typed("lin", Self.next))
            #expect(DeliveredAnswer(answer)?.code != nil)
        }
    }

    @Test func `a form of another browser changes no password`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await server.addUser("lin", mustChange: true)
            let browser = scene.browser()
            let page = try ShownPage(try await browser.submit(try await scene.page(browser), SignInScene.typed("lin")))
            let other = scene.browser()
            _ = try await scene.page(other)
            let stolen = try await other.submit(page, ["new_password": Self.next])
            #expect(stolen.status == 422)
            #expect(try ShownPage(stolen).form?.action == "/signin/password")
            let cross = try await browser.submit(
                page, ["new_password": Self.next], headers: [("Origin", "https://evil.example")])
            #expect(cross.status == 403)
            try await server.services.users.setPassword(
                "lin", Password("set-by-an-operator-1"), mustChange: true, actor: .operator)
            let late = try await browser.submit(page, ["new_password": Self.next])
            #expect(late.status == 422 && DeliveredAnswer(late) == nil)
            #expect(try await scene.written().isEmpty)
        }
    }
}
