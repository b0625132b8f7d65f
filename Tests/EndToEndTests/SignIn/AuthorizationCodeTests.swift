import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// What a code of the authorization endpoint is worth at the token endpoint, and to whom.
struct AuthorizationCodeTests {
    private func expectRefused(
        _ response: TestResponse, _ error: String = "invalid_grant", _ what: String = "",
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == 400, "\(what) \(response.text)", sourceLocation: location)
        #expect(response["error"] == error, "\(what)", sourceLocation: location)
        #expect(response["access_token"] == nil, sourceLocation: location)
    }

    @Test func `a code is for its client, its redirect URI and its verifier, and attempts change nothing`() async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("other")
            let secret = try await scene.addClient("confidential", kind: .confidential)
            let browser = scene.browser()
            let code = try #require(try await scene.signIn(browser).code)
            let second = try #require(DeliveredAnswer(try await scene.authorize(browser))).code
            let before = try await scene.written()
            expectRefused(try await scene.redeem(code, client: "other"), "invalid_grant", "another client")
            expectRefused(
                try await scene.redeem(code, client: "confidential", secret: secret), "invalid_grant", "confidential")
            for uri in ["https://app.example.com/cb/", "https://app.example.com/CB", "https://evil.example/cb"] {
                expectRefused(try await scene.redeem(code, redirectURI: uri), "invalid_grant", uri)
            }
            expectRefused(try await scene.redeem(code, verifier: nil), "invalid_grant", "no verifier")
            expectRefused(try await scene.redeem(code, verifier: String(repeating: "w", count: 43)))
            expectRefused(try await scene.redeem(code, verifier: CodeChallenge.s256(SignInScene.verifier)))
            for verifier in [
                "v", String(repeating: "v", count: 42), String(repeating: "v", count: 129),
                String(repeating: "v", count: 43) + "\u{0}", String(repeating: "v", count: 42) + " ",
                String(repeating: "ä", count: 43),
            ] {
                expectRefused(try await scene.redeem(code, verifier: verifier), "invalid_request", verifier)
            }
            for wrong in [code + "A", String(code.dropLast()), "lkc_", "x", " " + code, code.uppercased()] {
                expectRefused(try await scene.redeem(wrong), "invalid_grant", wrong)
            }
            expectRefused(try await scene.redeem(nil), "invalid_request", "no code")
            #expect(try await scene.written() == before)
            #expect(try await scene.redeem(code).status == 200, "all of that changed nothing")
            #expect(try await scene.redeem(second, redirectURI: nil).status == 200, "PKCE says who asked")
        }
    }

    @Test(arguments: [0, 30])
    func `a code that is used again ends what it made`(seconds: Int) async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let code = try await scene.signIn(browser).code
            let tokens = try await scene.redeem(code)
            let bystander = try await scene.redeem(DeliveredAnswer(try await scene.authorize(browser))?.code)
            clock.advance(by: .seconds(seconds))
            // A thief without the verifier ends nothing.
            expectRefused(try await scene.redeem(code, verifier: String(repeating: "w", count: 43)))
            expectRefused(try await scene.redeem(code, verifier: nil))
            #expect(try await scene.refresh(tokens).status == 200)
            expectRefused(try await scene.redeem(code))
            expectRefused(try await scene.refresh(tokens))
            let dead = try await server.http.authorised(
                "GET", "/oauth2/userinfo", bearer: try #require(tokens["access_token"]))
            #expect(dead.status == 401)
            #expect(try await scene.refresh(bystander).status == 200)
            #expect(try await server.services.audit.page(AuditFilter(kind: .loginCodeReplayed)).items.count == 1)
        }
    }

    @Test func `a code is good for a minute`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let late = try await scene.signIn(browser).code
            clock.advance(by: .seconds(60))
            expectRefused(try await scene.redeem(late))
            let timely = try #require(DeliveredAnswer(try await scene.authorize(browser))).code
            clock.advance(by: .seconds(59))
            #expect(try await scene.redeem(timely).status == 200)
            expectRefused(try await scene.redeem(late))
        }
    }

    @Test func `PKCE is optional only for a confidential client that says so, and what was sent counts`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let secret = try await scene.addClient("optional", kind: .confidential) { $0.pkce = .optional }
            let browser = scene.browser()
            let without: [String: String?] = [
                "client_id": "optional", "code_challenge": nil, "code_challenge_method": nil,
            ]
            let plain = try await scene.signIn(browser, "ada", without).code
            expectRefused(
                try await scene.redeem(plain, client: "optional", secret: secret), "invalid_request",
                "a verifier that no challenge asked for")
            expectRefused(
                try await scene.redeem(plain, client: "optional", redirectURI: nil, verifier: nil, secret: secret))
            let unauthenticated = try await scene.redeem(plain, client: "optional", verifier: nil)
            #expect(unauthenticated.status == 401)
            let wrong = try await scene.redeem(
                plain, client: "optional", verifier: nil, secret: "wrong-secret-wrong-secret")
            #expect(wrong.status == 401)
            #expect(try await scene.redeem(plain, client: "optional", verifier: nil, secret: secret).status == 200)
            let bound = try #require(DeliveredAnswer(try await scene.authorize(browser, ["client_id": "optional"])))
                .code
            expectRefused(try await scene.redeem(bound, client: "optional", verifier: nil, secret: secret))
            #expect(try await scene.redeem(bound, client: "optional", secret: secret).status == 200)
        }
    }

    @Test func `state of 2,048 bytes and a registered query come back byte by byte, in both modes`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let uri = "https://app.example.com/cb?tenant=a%2Fb&x=%3D"
            try await scene.addClient("query") { $0.redirectURIs = [uri] }
            let browser = scene.browser()
            let unit = ":/+=% &#?\"<>'\\\u{e4}\u{1F511}\r\n"
            var state = String(repeating: unit, count: 2048 / unit.utf8.count)
            state += String(repeating: "s", count: 2048 - state.utf8.count)
            for change in [["state": state], ["state": state, "response_mode": "form_post"]] {
                let ours = change.merging(["client_id": "query", "redirect_uri": uri]) { $1 }
                for sent in [
                    try await scene.signIn(scene.browser(), "ada", ours),
                    try #require(
                        DeliveredAnswer(try await scene.authorize(browser, ours.merging(["prompt": "none"]) { $1 }))),
                    try await scene.signIn(browser, "ada", ours.merging(["prompt": "login"]) { $1 }),
                    try #require(DeliveredAnswer(try await scene.authorize(browser, ours))),
                ] {
                    #expect(sent["state"]?.equalsBytes(of: state) == true)
                    #expect(sent["iss"] == SignInScene.issuer)
                    #expect(sent.url.utf8.starts(with: (uri + (sent.way == .formPost ? "" : "&")).utf8), "\(sent.way)")
                    if sent.way != .formPost {
                        #expect(sent["tenant"] == "a/b" && sent["x"] == "=")
                        #expect(sent.url.utf8.allSatisfy { (0x21...0x7E).contains($0) })
                    }
                    if let code = sent.code {
                        #expect(try await scene.redeem(code, client: "query", redirectURI: uri).status == 200)
                    } else {
                        #expect(sent.error == "login_required")
                    }
                }
            }
            // An answer that no proxy's buffer for heads would take comes as a page.
            let long = try await scene.authorize(browser, ["state": state])
            #expect(long.status == 200 && long[field: "Location"] == nil && long[field: "Refresh"] == nil)
            #expect(DeliveredAnswer(long)?["state"] == state)
        }
    }

    @Test func `scope is cut to the client's, and an access token is no ID token`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let tokens = try await scene.redeem(
                try await scene.signIn(browser, "ada", ["scope": "openid orders unknown email latchkey:admin"]).code)
            #expect(tokens.status == 200)
            #expect(Set((tokens["scope"] ?? "").split(separator: " ")) == ["openid", "orders", "email"])
            let plain = try await scene.redeem(
                DeliveredAnswer(try await scene.authorize(browser, ["scope": "orders"]))?.code)
            #expect(plain.status == 200 && plain["id_token"] == nil)
            let userInfo = try await server.http.authorised(
                "GET", "/oauth2/userinfo", bearer: try #require(tokens["id_token"]))
            #expect(userInfo.status == 401)
        }
    }
}
