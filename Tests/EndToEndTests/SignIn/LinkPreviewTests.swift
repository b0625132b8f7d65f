import LatchkeyCore
import TestSupport
import Testing

/// Programs that look at links before people do, such as previews in chats and scanners of mail, ask with `HEAD`.
struct LinkPreviewTests {
    @Test func `a look at a link with HEAD issues, spends and ends nothing`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let tokens = try await scene.redeem(try await scene.signIn(browser).code)
            let hint = try #require(tokens["id_token"])
            let (written, cookies) = (try await scene.written(), browser.cookies)
            for (path, allowed) in [
                (SignInScene.path(), "GET, POST, OPTIONS"),
                (SignInScene.path(["prompt": "none"]), "GET, POST, OPTIONS"),
                ("/oauth2/logout?id_token_hint=\(hint)", "GET, POST, OPTIONS"),
                ("/callback?code=c&state=s", "GET, OPTIONS"),
            ] {
                let answer = try await browser.send("HEAD", path)
                #expect(answer.status == 405 && answer.body.isEmpty, "\(path)")
                #expect(answer[field: "Allow"] == allowed)
            }
            #expect(try await scene.written() == written)
            #expect(browser.cookies == cookies)
            // The same link opened gives a code, so there was one to give.
            #expect(DeliveredAnswer(try await scene.authorize(browser))?.code != nil)
            #expect(try await scene.written() != written)
        }
    }

    @Test func `pages that only show something answer HEAD`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            for path in ["/account/sessions", "/account/profile", "/signin/password", "/start?client_id=unknown"] {
                let page = try await browser.get(path)
                let head = try await browser.send("HEAD", path)
                #expect(head.status == page.status && head.body.isEmpty, "\(path)")
            }
        }
    }
}
