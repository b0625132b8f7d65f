import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Names with markup on every page: a value that left its place would change the page's elements.
struct SignInMarkupTests {
    private static let markups = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onfocus='alert(1)",
        "{{seal}}{{{t.common.skip}}}",
        "</title><b>", "&lt;b&gt;&amp;", "\"\u{301}><b>", "\u{202E}gnihsihp", "javascript:alert(1)",
        "%3Cb%3E&#x3C;b&#62;",
    ]

    @Test func `a name with markup is shown as it is written, on each page of a sign-in`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            let web = try #require(ClientID("web"))
            let expected = try await pages(scene, "Plain")
            for markup in Self.markups {
                // A name that no client may have is nowhere to be shown.
                _ = try? await server.services.clients.update(web, actor: .operator) { $0.name = markup }
                #expect(try await pages(scene, markup) == expected, "\(markup)")
            }
        }
    }

    @Test func `only an application that is not the operator's own is marked as made by somebody else`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("own") { ($0.firstParty, $0.consent) = (true, .ask) }
            try await scene.addClient("other") { ($0.firstParty, $0.consent) = (false, .ask) }
            for (client, isMarked) in [("web", false), ("own", false), ("other", true)] {
                let page = try await scene.page(scene.browser(), ["client_id": client])
                let marks = page.elements.filter { $0["class"] == "tag warn" }
                #expect(marks.isEmpty == !isMarked, "\(client)")
            }
        }
    }

    private func pages(_ scene: SignInScene, _ markup: String) async throws -> [[String]] {
        let browser = scene.browser()
        let request: [String: String?] = [
            "state": markup, "nonce": markup, "login_hint": markup, "ui_locales": markup, "display": markup,
            "claims": markup, "acr_values": markup, "unknown": markup, "prompt": "consent select_account",
        ]
        var shown: [ShownPage] = []
        let first = try await scene.page(browser, request)
        shown.append(first)
        #expect(first.form?["state"]?.equalsBytes(of: markup) == true)
        #expect(first.form?["username"]?.equalsBytes(of: markup) == true)
        let wrong = try ShownPage(try await browser.submit(first, SignInScene.typed(markup, markup)))
        shown.append(wrong)
        #expect(wrong.form?["username"]?.equalsBytes(of: markup) == true)
        shown.append(try ShownPage(try await browser.submit(first, ["username": markup, "password": ""])))
        let consent = try ShownPage(try await browser.submit(first, SignInScene.typed("ada")))
        shown.append(consent)
        shown.append(try ShownPage(try await browser.submit(consent, ["seal": markup], decision: "allow")))
        #expect(
            DeliveredAnswer(try await browser.submit(consent, decision: "allow"))?["state"]?.equalsBytes(of: markup)
                == true)
        let posted = try await browser.submit(
            try await scene.page(
                browser, request.merging(["response_mode": "form_post", "prompt": "consent", "login_hint": nil]) { $1 }),
            decision: "allow")
        #expect(DeliveredAnswer(posted)?["state"]?.equalsBytes(of: markup) == true)
        shown.append(try ShownPage(posted))
        shown.append(try await scene.page(browser, request))
        shown.append(try await scene.page(browser, ["client_id": markup]))
        shown.append(try await scene.page(browser, ["redirect_uri": markup]))
        shown.append(try ShownPage(try await browser.post("/signin/consent", form: [("decision", markup)])))
        return shown.map(\.shape)
    }

    @Test func `the request's languages decide, and nonsense is passed over`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            for (locales, header, language) in [
                ("de", nil, "de"), ("xx de-AT en", nil, "de"), ("en", "de", "en"), (nil, "de-DE,de;q=0.9", "de"),
                (nil, "fr", "en"), ("<script>", nil, "en"), (String(repeating: "de-", count: 500), nil, "en"),
                (nil, String(repeating: "de,", count: 500), nil), (nil, "*;q=x,,;", "en"),
                ("../../etc/passwd", nil, "en"),
            ] as [(String?, String?, String?)] {
                let answer = try await scene.browser().get(
                    SignInScene.path(["ui_locales": locales]), headers: header.map { [("Accept-Language", $0)] } ?? [])
                #expect(answer.status == 200)
                let page = try ShownPage(answer)
                if let language {
                    #expect(
                        answer[field: "Content-Language"] == language,
                        "\(locales?.prefix(20) ?? "") \(header?.prefix(20) ?? "")")
                    #expect(page.elements.first { $0.name == "html" }?["lang"] == language)
                }
            }
        }
    }
}
