import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Applications on the person's own machine (RFC 8252): whatever port they have, they get an answer only after a click.
struct NativeAppTests {
    private func prepared(_ server: TestServer) async throws -> SignInScene {
        let scene = try await SignInScene.prepared(server)
        try await scene.addClient("cli") {
            $0.redirectURIs = [
                "http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback",
                "com.example.app:/cb",
                "com.example.app://host/cb?a=b",
            ]
        }
        try await scene.addClient("bare") { $0.redirectURIs = ["http://127.0.0.1", "http://localhost"] }
        return scene
    }

    private static let good: [(client: String, uri: String)] = [
        ("cli", "http://127.0.0.1:49152/callback"), ("cli", "http://127.0.0.1:1/callback"),
        ("cli", "http://127.0.0.1/callback"),
        ("cli", "http://[::1]:65535/callback"), ("cli", "http://localhost:8400/callback"),
        ("bare", "http://127.0.0.1:40000"),
        ("bare", "http://127.0.0.1"), ("bare", "http://localhost:40000"), ("cli", "com.example.app:/cb"),
        ("cli", "com.example.app://host/cb?a=b"),
    ]

    @Test func `any port is good, a live session asks for a click, and the code comes with it`() async throws {
        try await withServer { server in
            let scene = try await prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            for (client, uri) in Self.good {
                let request = ["client_id": client, "redirect_uri": uri]
                let page = try await scene.page(browser, request)
                #expect(page.form?.action == "/signin/continue", "\(uri)")
                #expect(page.form?.decisions == ["continue", "deny", "another"])
                let silent = DeliveredAnswer(
                    try await scene.authorize(browser, request.merging(["prompt": "none"]) { $1 }))
                #expect(silent?.error == "interaction_required", "\(uri)")
                let answer = try #require(
                    DeliveredAnswer(try await browser.submit(page, decision: "continue")), "\(uri)")
                #expect(
                    answer.way == (uri.hasPrefix("com.") ? .link : .refresh),
                    "browsers drop a redirect to an application")
                #expect(answer.url.hasPrefix(uri + (uri.contains("?") ? "&" : "?")))
                let tokens = try await scene.redeem(answer.code, client: client, redirectURI: uri)
                #expect(tokens.status == 200, "\(uri) \(tokens.text)")
                let denied = try #require(
                    DeliveredAnswer(try await browser.submit(try await scene.page(browser, request), decision: "deny")))
                #expect(
                    denied.error == "access_denied" && denied["state"] == "a state"
                        && denied["iss"] == SignInScene.issuer)
            }
        }
    }

    @Test func `the password is a click, too`() async throws {
        try await withServer { server in
            let scene = try await prepared(server)
            for (client, uri) in Self.good {
                let answer = try await scene.signIn(scene.browser(), "ada", ["client_id": client, "redirect_uri": uri])
                #expect(try await scene.redeem(answer.code, client: client, redirectURI: uri).status == 200, "\(uri)")
            }
        }
    }

    @Test func `other hosts, paths, ports and schemes are none of the client's`() async throws {
        try await withServer { server in
            let scene = try await prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            for (client, uri) in [
                ("cli", "http://127.0.0.1:0/callback"), ("cli", "http://127.0.0.1:65536/callback"),
                ("cli", "http://127.0.0.1:080/callback"), ("cli", "http://127.0.0.1:/callback"),
                ("cli", "http://127.0.0.1:80@evil.example/callback"), ("cli", "http://127.0.0.1.evil.example/callback"),
                ("cli", "http://127.0.0.1:80.evil.example/callback"), ("cli", "http://127.0.0.2/callback"),
                ("cli", "http://localhost.evil.example/callback"), ("cli", "http://localhost:80/callback/"),
                ("cli", "http://localhost:80"), ("cli", "https://127.0.0.1:80/callback"),
                ("cli", "http://0.0.0.0/callback"),
                ("cli", "http://[::1]:80/other"), ("cli", "http://[::]/callback"),
                ("cli", "http://2130706433/callback"),
                ("cli", "http://127.1/callback"), ("cli", "http://LOCALHOST/callback"),
                ("cli", "http://localhost:+80/callback"),
                ("cli", "com.example.app:cb"), ("cli", "com.example.app:/cb/x"), ("cli", "com.example.app:///cb"),
                ("cli", "COM.example.app:/cb"), ("cli", "com.example.app2:/cb"),
                ("cli", "com.example.app://evil/cb?a=b"),
                ("bare", "http://127.0.0.1:80/"), ("bare", "http://127.0.0.1:80/callback"), ("bare", "http://[::1]:80"),
                ("bare", "http://127.0.0.1:80?x=y"), ("bare", "http://127.0.0.1:80#x"),
            ] {
                let answer = try await scene.authorize(browser, ["client_id": client, "redirect_uri": uri])
                #expect(answer.status == 400, "\(uri)")
                #expect(DeliveredAnswer(answer) == nil, "\(uri)")
                _ = try ShownPage(answer)
            }
        }
    }

    @Test func `a confidential client's loopback is one address, and needs no click`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            let secret = try await scene.addClient("server", kind: .confidential) {
                $0.redirectURIs = ["http://localhost:5000/cb"]
            }
            let browser = scene.browser()
            try await scene.signIn(browser)
            let request = ["client_id": "server", "redirect_uri": "http://localhost:5000/cb"]
            let answer = try #require(DeliveredAnswer(try await scene.authorize(browser, request)))
            #expect(answer.way == .redirect)
            #expect(
                try await scene.redeem(
                    answer.code, client: "server", redirectURI: "http://localhost:5000/cb", secret: secret
                ).status == 200)
            let other = try await scene.authorize(
                browser, request.merging(["redirect_uri": "http://localhost:5001/cb"]) { $1 })
            #expect(other.status == 400)
        }
    }

    @Test func `a web page in development needs no click at its own origin, and one at any other port`() async throws {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            try await scene.addClient("dev") {
                $0.redirectURIs = ["http://localhost:5173/cb"]
                $0.origins = ["http://localhost:5173"]
            }
            let browser = scene.browser()
            try await scene.signIn(browser)
            let request = ["client_id": "dev", "redirect_uri": "http://localhost:5173/cb"]
            let answer = try #require(DeliveredAnswer(try await scene.authorize(browser, request)))
            #expect(answer.way == .redirect && answer.code != nil)
            let other = ["client_id": "dev", "redirect_uri": "http://localhost:5174/cb"]
            #expect(try await scene.page(browser, other).form?.action == "/signin/continue")
        }
    }

    @Test func `the click cannot be skipped by a form that was made for another request or browser`() async throws {
        try await withServer { server in
            let scene = try await prepared(server)
            let browser = scene.browser()
            try await scene.signIn(browser)
            let app = ["client_id": "cli", "redirect_uri": "com.example.app:/cb"]
            let page = try await scene.page(browser, app)
            let fields = try #require(page.form?.fields)
            let other = try #require(try await scene.page(browser, ["prompt": "select_account"]).form?["seal"])
            let stranger = try #require(try await scene.page(scene.browser(), app).form?["seal"])
            for seal in ["", other, stranger] {
                let answer = try await browser.post(
                    "/signin/continue",
                    form: fields.filter { $0.name != "seal" } + [("seal", seal), ("decision", "continue")])
                #expect(answer.status == 422)
                #expect(DeliveredAnswer(answer) == nil)
            }
        }
    }
}
