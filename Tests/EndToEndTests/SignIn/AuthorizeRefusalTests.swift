import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Authorization requests that are refused: on a page when nobody knows that the address is the client's, otherwise at
/// the client. Neither writes anything.
struct AuthorizeRefusalTests {
    private static let answerOrder = ["error", "error_description", "state", "iss"]

    /// Links to pages and files of ours; those of the languages carry the request on.
    private func expectOwnLinks(
        _ page: ShownPage, _ what: String, _ location: SourceLocation = #_sourceLocation
    ) {
        let targets = page.elements.flatMap { element in
            element.attributes.filter {
                ["href", "src", "action", "content"].contains($0.name) && element.name != "meta"
            }
        }
        for target in targets {
            #expect(
                target.value.hasPrefix("#") || (target.value.hasPrefix("/") && !target.value.hasPrefix("//")),
                "\(what): \(target.value)", sourceLocation: location)
        }
    }

    private func expectPage(
        _ response: TestResponse, _ what: String, _ status: Int = 400, _ location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(response.status == status, "\(what)", sourceLocation: location)
        #expect(response[field: "Location"] == nil, "\(what)", sourceLocation: location)
        #expect(response[field: "Refresh"] == nil, "\(what)", sourceLocation: location)
        let page = try ShownPage(response)
        #expect(page.heading?.isEmpty == false, sourceLocation: location)
        #expect(DeliveredAnswer(response) == nil, "\(what)", sourceLocation: location)
        expectOwnLinks(page, what, location)
    }

    @Test func `no spelling of another redirect URI gets a redirect, with and without a browser session`() async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let signedIn = scene.browser()
            try await scene.signIn(signedIn)
            let before = try await scene.written()
            let good = SignInScene.redirectURI
            let tricks = [
                "https://evil.example/cb", "https://app.example.com.evil.example/cb",
                "https://app.example.com@evil.example/cb",
                "https://evil.example/https://app.example.com/cb", good + "/", good + "/..", good + "/../evil",
                good + "?", good + "?a=b", good + "#", good + "#evil", good + "%2f..%2fevil", good + "\\evil",
                good + " ",
                " " + good, good + "\u{0}", good + "\n", good + "\u{301}", good + "/%2e%2e",
                "https://app.example.com/CB",
                "HTTPS://app.example.com/cb", "https://APP.example.com/cb", "https://app.example.com:443/cb",
                "https://app.example.com./cb", "https://app.example.com/c%62", "https://app.example.com//cb",
                "https://app.example.com/x/../cb", "https:app.example.com/cb", "https:/app.example.com/cb",
                "https:\\\\app.example.com\\cb", "http://app.example.com/cb", "//app.example.com/cb", "/cb", "cb", "*",
                "javascript:alert(1)//https://app.example.com/cb", "data:text/html,evil",
                "https://xn--app-.example.com/cb",
                "https://аpp.example.com/cb", "https://app.example.com\u{FF0F}cb", "null",
            ]
            for uri in tricks {
                for browser in [scene.browser(), signedIn] {
                    for mode in [nil, "form_post", "fragment"] {
                        let answer = try await scene.authorize(
                            browser, ["redirect_uri": uri, "response_mode": mode, "prompt": "none"])
                        try expectPage(answer, uri)
                    }
                }
            }
            #expect(try await scene.written() == before)
        }
    }

    @Test func `an unknown, a disabled, a foreign and a missing client get a page, and so does what cannot be read`()
        async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("gone")
            _ = try await server.services.clients.setDisabled(try #require(ClientID("gone")), true, actor: .operator)
            try await server.addConfidentialClient("machine")
            let browser = scene.browser()
            for client in [
                "nobody", "gone", "latchkey", "Web", "web ", "web\u{0}", "<b>evil</b>",
                String(repeating: "a", count: 3000),
            ] {
                try expectPage(try await scene.authorize(browser, ["client_id": client]), client)
            }
            try expectPage(try await scene.authorize(browser, ["client_id": "machine"]), "machine")
            try expectPage(try await scene.authorize(browser, ["client_id": nil]), "no client")
            try expectPage(try await scene.authorize(browser, ["redirect_uri": nil]), "no redirect URI with openid")
            try expectPage(try await browser.get("/oauth2/authorize"), "nothing")
            let good = SignInScene.path()
            for more in [
                "&client_id=web", "&state=2", "&state=a%20state", "&redirect_uri=https%3A%2F%2Fevil.example",
                "&scope=openid",
                "&nonce=%zz", "&x=%", "&x=%C3", "&x=%00", "&code_challenge=a", "&response_type=code",
            ] {
                try expectPage(try await browser.get(good + more), more)
            }
            let many = (0..<300).map { "&p\($0)=\($0)" }.joined()
            let answer = try await browser.get(good + many)
            #expect([400, 413].contains(answer.status))
            try expectPage(answer, "300 parameters", answer.status)
            try expectPage(
                try await scene.authorize(browser, ["state": String(repeating: "s", count: 2049)]), "a long state", 413)
            try expectPage(
                try await scene.authorize(browser, ["x": String(repeating: "x", count: 4000)]), "a long parameter", 413)
            let written = try await scene.written()
            #expect(written.isEmpty, "\(written)")
        }
    }

    @Test(
        arguments: [
            (["client_id": nil], "client_id is missing"), (["client_id": "nobody"], "No client has this client_id"),
            (["client_id": "machine"], "authorization_code"), (["redirect_uri": nil], "redirect_uri is missing"),
            (["redirect_uri": SignInScene.redirectURI + "/"], "to the byte"),
            (["state": String(repeating: "s", count: 2049)], "2 KiB"),
        ] as [([String: String?], String)])
    func `the page tells a developer what to put right, and echoes nothing`(
        changes: [String: String?], hint: String
    ) async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await server.addConfidentialClient("machine")
            let page = try ShownPage(try await scene.authorize(scene.browser(), changes))
            let hints = page.elements.filter { $0["class"] == "hint" }.map(\.text)
            #expect(hints.contains { $0.contains(hint) }, "\(hints)")
            let sent = changes.values.compactMap { $0 }
            #expect(!hints.contains { hint in sent.contains { hint.contains($0) } }, "\(hints)")
        }
    }

    @Test func `errors of the request go to the client with state and iss, once the address is known`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("optional", kind: .confidential) { $0.pkce = .optional }
            try await scene.addClient("strict", kind: .confidential)
            let short = Base64URL.string([UInt8](repeating: 7, count: 31))
            let long = Base64URL.string([UInt8](repeating: 7, count: 33))
            let refused: [(String, [String: String?])] = [
                ("request_not_supported", ["request": "eyJhbGciOiJub25lIn0.e30."]),
                ("request_uri_not_supported", ["request_uri": "https://evil.example/r"]),
                ("request_uri_not_supported", ["request_uri": "urn:ietf:params:oauth:request_uri:x"]),
                ("invalid_request", ["response_type": nil]),
                ("unsupported_response_type", ["response_type": "token"]),
                ("unsupported_response_type", ["response_type": "code id_token"]),
                ("unsupported_response_type", ["response_type": "Code"]),
                ("unsupported_response_type", ["response_type": "none"]),
                ("invalid_request", ["response_mode": "fragment"]),
                ("invalid_request", ["response_mode": "web_message"]),
                ("invalid_request", ["code_challenge": nil]),
                ("invalid_request", ["code_challenge": nil, "code_challenge_method": nil]),
                ("invalid_request", ["code_challenge_method": nil]),
                ("invalid_request", ["code_challenge_method": "plain"]),
                ("invalid_request", ["code_challenge_method": "s256"]),
                ("invalid_request", ["code_challenge_method": "S512"]),
                ("invalid_request", ["code_challenge": short]),
                ("invalid_request", ["code_challenge": long]),
                ("invalid_request", ["code_challenge": CodeChallenge.s256(SignInScene.verifier) + "="]),
                ("invalid_request", ["code_challenge": String(repeating: "!", count: 43)]),
                ("invalid_request", ["client_id": "strict", "code_challenge": nil, "code_challenge_method": nil]),
                ("invalid_request", ["client_id": "optional", "code_challenge": nil]),
                ("invalid_request", ["client_id": "optional", "code_challenge_method": "plain"]),
                ("invalid_scope", ["scope": "nothing of ours"]),
                ("invalid_scope", ["scope": "openid  profile"]),
                ("invalid_scope", ["scope": "op\"enid"]),
                ("invalid_request", ["prompt": "none login"]),
                ("invalid_request", ["prompt": "None"]),
                ("invalid_request", ["prompt": "create"]),
                ("invalid_request", ["max_age": "-1"]),
                ("invalid_request", ["max_age": "1e3"]),
                ("invalid_request", ["max_age": "9999999999999999"]),
                ("invalid_request", ["nonce": String(repeating: "n", count: 513)]),
                ("invalid_request", ["login_hint": String(repeating: "h", count: 513)]),
                ("invalid_request", ["id_token_hint": "a.b.c"]),
                ("invalid_target", ["resource": "https://evil.example"]),
                ("login_required", ["prompt": "none"]),
            ]
            for (error, change) in refused {
                for mode in [nil, "form_post"] {
                    if change["response_mode"] != nil, mode != nil { continue }
                    let browser = scene.browser()
                    let answer = try await scene.authorize(
                        browser, change.merging(mode.map { ["response_mode": $0] } ?? [:]) { $1 })
                    let sent = try #require(DeliveredAnswer(answer), "\(change) \(answer.text)")
                    #expect(sent.error == error, "\(change)")
                    #expect(sent.way == (mode == nil ? .redirect : .formPost))
                    #expect(sent.url.hasPrefix(SignInScene.redirectURI))
                    #expect(sent.parameters == Self.answerOrder)
                    #expect(sent["state"] == "a state" && sent["iss"] == SignInScene.issuer)
                    #expect(!sent.parameters.contains { sent[$0]?.contains("evil") == true })
                    #expect(browser.cookies[SignInScene.sessionCookie] == nil)
                }
            }
            let written = try await scene.written()
            #expect(written.isEmpty, "\(written)")
        }
    }

    @Test func `a POST goes on as a GET with the same parameters, whoever sends it, and keeps single sign-on`()
        async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            let state = String(repeating: ":/+=% &#\u{e4}", count: 40)
            let sent = SignInScene.request(["state": state, "unknown": "kept", "empty": ""])
            for origin in ["https://app.example.com", "null", nil] {
                // A form of another site carries no cookie of ours.
                let stranger = scene.browser()
                let answer = try await stranger.post(
                    "/oauth2/authorize", form: sent.map { ($0.key, $0.value) },
                    headers: origin.map { [("Origin", $0)] } ?? [])
                #expect(answer.status == 303)
                let location = try #require(answer[field: "Location"])
                #expect(location.hasPrefix("/oauth2/authorize?"))
                let delivered = try #require(DeliveredAnswer(try await browser.get(location)))
                #expect(delivered.code != nil && delivered["state"] == state)
                let other = try #require(DeliveredAnswer(answer))
                #expect(other.parameters == sent.filter { !$0.value.isEmpty }.map(\.key).sorted())
                for (name, value) in sent where !value.isEmpty { #expect(other[name] == value) }
            }
        }
    }

    @Test func `a POST whose address no proxy's buffer would take goes on from a page`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            let state = String(repeating: ":", count: 1500)
            let answer = try await scene.browser().post(
                "/oauth2/authorize", form: SignInScene.request(["state": state]).map { ($0.key, $0.value) }, headers: []
            )
            #expect(answer.status == 200)
            #expect(answer.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 } < 4096)
            let onward = try #require(DeliveredAnswer(answer))
            #expect(onward.url.hasPrefix("/oauth2/authorize?"))
            let delivered = try #require(DeliveredAnswer(try await browser.get(onward.url)))
            #expect(delivered.code != nil && delivered["state"] == state)
        }
    }

    @Test func `bodies, methods and cookies that no browser sends get a page`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let http = server.browser
            let path = "/oauth2/authorize"
            for type in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
                let answer = try await http.send(
                    "POST", path, headers: [("Content-Type", type)], body: Array("client_id=web".utf8))
                #expect(answer.status == 415)
                _ = try ShownPage(answer)
            }
            for method in ["PUT", "DELETE", "PATCH"] {
                let answer = try await http.send(method, SignInScene.path())
                #expect(answer.status == 405)
                #expect(answer[field: "Allow"] == "GET, POST, OPTIONS")
                _ = try ShownPage(answer)
            }
            for method in ["OPTIONS", "GET"] {
                for path in [SignInScene.path(), "/signin/password"] {
                    let answer = try await http.send(
                        method, path,
                        headers: [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")])
                    #expect(answer.status < 500)
                    #expect(
                        !answer.fields.contains { $0.name.lowercased().hasPrefix("access-control-") },
                        "\(answer.fields)")
                }
            }
            let withBody = try await http.send(
                "GET", SignInScene.path(), headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array("client_id=nobody&redirect_uri=https://evil.example".utf8))
            #expect(withBody.status == 200)
            #expect(try ShownPage(withBody).form?["client_id"] == "web")
            let large = try await http.post(path, form: [("client_id", String(repeating: "a", count: 40_000))])
            #expect(large.status == 413)
            _ = try ShownPage(large)
            for cookie in [
                "\(SignInScene.stepCookie)=" + String(repeating: "a", count: 5000),
                "\(SignInScene.sessionCookie)=" + String(repeating: "a", count: 5000), "=;;;=",
                "\(SignInScene.sessionCookie)",
                "\(SignInScene.sessionCookie)=lkb_" + String(repeating: "A", count: 60),
                "a=\"\(SignInScene.stepCookie)=b\"",
            ] {
                let answer = try await http.get(SignInScene.path(), headers: [("Cookie", cookie)])
                #expect([200, 400, 431].contains(answer.status), "\(cookie.prefix(40)): \(answer.status)")
                if answer.status == 200 { #expect(try ShownPage(answer).form != nil) }
            }
            // 5 KB of other people's cookies on the same host.
            let crowded = try await http.get(
                SignInScene.path(), headers: [("Cookie", "other=" + String(repeating: "a", count: 5000))])
            #expect(crowded.status == 200)
            let written = try await scene.written()
            #expect(written.isEmpty, "\(written)")
        }
    }

    @Test func `every page has the headers that keep it out of frames, caches and other origins`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server, consent: .ask)
            try await scene.addClient("posted") { $0.consent = .never }
            let browser = scene.browser()
            let password = try await scene.page(browser)
            let wrong = try await browser.submit(password, SignInScene.typed("ada", "wrong wrong wrong"))
            let consent = try await browser.submit(password, SignInScene.typed())
            let done = try await browser.submit(try ShownPage(consent), decision: "allow")
            let posted = try await scene.authorize(browser, ["client_id": "posted", "response_mode": "form_post"])
            let choice = try await scene.authorize(browser, ["prompt": "select_account"])
            let pages = [
                password.response, wrong, consent, done, posted, choice,
                try await browser.get("/oauth2/authorize"), try await browser.get("/signin/consent"),
                try await browser.post("/signin/password", form: [], headers: []),
                try await browser.send("PUT", "/oauth2/authorize"),
            ]
            for response in pages {
                _ = try ShownPage(response)
                let policy = try #require(response[field: "Content-Security-Policy"])
                #expect(response.all("Content-Security-Policy").count == 1)
                for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
                    #expect(policy.contains(part))
                }
                #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("example"))
                #expect(policy.contains("form-action 'self'") == (response.body != posted.body))
                #expect(response[field: "Cache-Control"] == "no-store")
                #expect(response[field: "Referrer-Policy"] == "same-origin")
                #expect(response[field: "X-Content-Type-Options"] == "nosniff")
                #expect(response[field: "Cross-Origin-Opener-Policy"] == nil)
                #expect(response.all("Content-Type").count == 1)
                let head = response.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
                #expect(head < 4096, "a proxy's buffer for heads")
            }
            #expect(browser.cookies.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 3 } < 2048)
        }
    }
}
