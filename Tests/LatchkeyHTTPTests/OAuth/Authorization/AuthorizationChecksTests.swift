import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

/// Each check of an authorization request by its table.
struct AuthorizationChecksTests {
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    private static let invalid = AuthorizationError.Code.invalidRequest

    private func sent(_ fields: [(String, String)]) throws -> AuthorizationParameters {
        let text = fields.map { "\(PercentEncoding.encode($0.0))=\(PercentEncoding.encode($0.1))" }
        return try AuthorizationParameters(text.joined(separator: "&").utf8)
    }

    private func sent(_ name: String, _ value: String?) throws -> AuthorizationParameters {
        try sent(value.map { [(name, $0)] } ?? [])
    }

    private func client(
        _ kind: Client.Kind = .public, disabled: Bool = false, _ change: (inout ClientSettings) -> Void = { _ in }
    ) throws -> Client {
        var settings = ClientSettings(defaultsFor: kind)
        settings.redirectURIs = ["https://app.example.com/cb"]
        change(&settings)
        return Client(
            id: try #require(ClientID("app")), kind: kind, settings: settings, disabled: disabled,
            createdAt: Timestamp(seconds: 1))
    }

    /// The code of the error that the check ends in; nil when it lets the request pass.
    private func code<Value>(_ check: () throws -> Value) -> AuthorizationError.Code? {
        do {
            _ = try check()
            return nil
        } catch let error as AuthorizationError {
            // RFC 6749 4.1.2.1.
            #expect(error.description.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
            #expect(!error.description.contains("canary"))
            return error.code
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    // MARK: Client

    @Test(arguments: ["", " ", "a b", "\u{E9}", "app\u{301}", String(repeating: "a", count: 65), "app\u{1}"])
    func `what cannot be a client id is for a page`(id: String) throws {
        let problem: AuthorizationFailure.Problem = id.isEmpty ? .noClient : .unknownClient
        #expect(throws: AuthorizationFailure.page(problem)) { try ClientCheck.id(try sent("client_id", id)) }
        #expect(throws: AuthorizationFailure.page(.noClient)) { try ClientCheck.id(try sent([])) }
    }

    @Test func `a client that does not exist, is disabled or was not given the grant is for a page`() throws {
        #expect(throws: AuthorizationFailure.page(.unknownClient)) { try ClientCheck.judge(nil) }
        #expect(throws: AuthorizationFailure.page(.unknownClient)) {
            try ClientCheck.judge(client(disabled: true))
        }
        for change: (inout ClientSettings) -> Void in [
            { $0.grants = [] }, { $0.grants = [.refreshToken, .clientCredentials] },
            {
                $0.grants = []; $0.firstParty = true
            },
            {
                $0.grants = []; $0.origins = ["https://app.example.com"]
            },
        ] {
            #expect(throws: AuthorizationFailure.page(.clientNotAllowed)) {
                try ClientCheck.judge(client(.public, change))
            }
        }
        let unreadable = Client(
            id: try #require(ClientID("app")), kind: .public, shared: SharedClientSettings(unreadable: "torn"),
            disabled: false, createdAt: Timestamp(seconds: 1), issuedBefore: nil, sessionsEndedAt: nil)
        #expect(throws: AuthorizationFailure.page(.unknownClient)) { try ClientCheck.judge(unreadable) }
    }

    @Test func `a client with the grant goes on, and so does one with server sessions`() throws {
        for kind in Client.Kind.allCases { _ = try ClientCheck.judge(client(kind)) }
        _ = try ClientCheck.judge(
            client {
                $0.grants = []
                $0.firstParty = true
                $0.origins = ["https://app.example.com"]
            })
    }

    // MARK: Redirect URI

    @Test(arguments: [
        "https://app.example.com/cb/", "https://app.example.com/cb?x", "https://evil.example/", "/cb", "cb", "canary",
        "https://app.example.com/cb#", "https://app.example.com@evil.example/cb", "javascript:alert(1)",
    ])
    func `a redirect URI that is not registered is for a page`(uri: String) throws {
        #expect(throws: AuthorizationFailure.page(.unknownRedirectURI)) {
            try RedirectURICheck.request(try sent([("redirect_uri", uri), ("scope", "openid")]), of: client())
        }
    }

    @Test(
        arguments: [
            ([], nil), ([], "openid"), (["https://a.example/", "https://b.example/"], nil),
            (["https://a.example/"], "openid"), (["https://a.example/"], "email openid"),
            // Nobody can say whether this asks for openid.
            (["https://a.example/"], "openid  email"), (["https://a.example/"], "\"openid\""),
        ] as [([String], String?)])
    func `an absent redirect URI that nothing can stand for is for a page`(uris: [String], scope: String?) throws {
        #expect(throws: AuthorizationFailure.page(.noRedirectURI)) {
            try RedirectURICheck.request(try sent("scope", scope), of: client { $0.redirectURIs = uris })
        }
    }

    @Test func `the only registered URI stands for an absent one, when nothing asks for OpenID`() throws {
        for scope in [nil, "email", "OPENID", "openid2"] {
            let request = try RedirectURICheck.request(try sent("scope", scope), of: client())
            #expect(request.redirectURI == "https://app.example.com/cb")
            #expect(!request.namesRedirectURI)
        }
        let uri = "http://127.0.0.1:4711/cb"
        let named = try RedirectURICheck.request(
            try sent([("redirect_uri", uri), ("scope", "openid")]),
            of: client { $0.redirectURIs = ["https://app.example.com/cb", "http://127.0.0.1/cb"] })
        #expect(named.redirectURI == uri)
        #expect(named.namesRedirectURI)
    }

    // MARK: Response mode, response type, request objects

    @Test(arguments: ["fragment", "QUERY", "query ", "query.jwt", "jwt", "web_message", "form_post.jwt", "canary"])
    func `a response mode that we do not have is refused`(mode: String) throws {
        #expect(code { try ResponseModeCheck.read(try sent("response_mode", mode)) } == Self.invalid)
    }

    @Test func `the response modes are query and form_post`() throws {
        #expect(try ResponseModeCheck.read(try sent([])) == .query)
        #expect(try ResponseModeCheck.read(try sent("response_mode", "query")) == .query)
        #expect(try ResponseModeCheck.read(try sent("response_mode", "form_post")) == .formPost)
    }

    @Test(arguments: [
        "token", "id_token", "code token", "code id_token", "id_token token", "none", "Code", "code ", " code",
        "code code", "canary",
    ])
    func `any other response type than code is unsupported`(type: String) throws {
        #expect(code { try ResponseTypeCheck.check(try sent("response_type", type)) } == .unsupportedResponseType)
    }

    @Test func `a missing response type is an invalid request, and code is the one there is`() throws {
        #expect(code { try ResponseTypeCheck.check(try sent([])) } == Self.invalid)
        #expect(code { try ResponseTypeCheck.check(try sent("response_type", "")) } == Self.invalid)
        #expect(code { try ResponseTypeCheck.check(try sent("response_type", "code")) } == nil)
    }

    @Test func `request objects are refused by their names`() throws {
        #expect(code { try RequestObjectCheck.check(try sent("request", "eyJ")) } == .requestNotSupported)
        for uri in ["https://a.example/r", "urn:ietf:params:oauth:request_uri:x", "canary"] {
            #expect(code { try RequestObjectCheck.check(try sent("request_uri", uri)) } == .requestURINotSupported)
        }
        #expect(code { try RequestObjectCheck.check(try sent([])) } == nil)
    }

    // MARK: PKCE

    @Test(
        arguments: [
            (nil, nil), (nil, "S256"), (nil, "plain"), (challenge, nil), (challenge, "plain"), (challenge, "s256"),
            (challenge, "S256 "), (challenge, "S512"), ("", "S256"), ("a", "S256"), (challenge + "=", "S256"),
            (String(challenge.dropLast()), "S256"), (challenge + "A", "S256"),
            // Bits after the last byte, other alphabets, the length of a verifier.
            (String(challenge.dropLast()) + "N", "S256"), (String(challenge.dropLast()) + "+", "S256"),
            (String(challenge.dropLast()) + "\u{E9}", "S256"), (String(repeating: "a", count: 128), "S256"),
        ] as [(String?, String?)])
    func `a public client's challenge is a digest of the method S256, and nothing else`(
        challenge: String?, method: String?
    ) throws {
        let sent = try sent(
            [("code_challenge", challenge), ("code_challenge_method", method)].compactMap { name, value in
                value.map { (name, $0) }
            })
        #expect(code { try PKCECheck.challenge(sent, of: client()) } == Self.invalid)
        #expect(code { try PKCECheck.challenge(sent, of: client(.confidential)) } == Self.invalid)
        // Settings that a public client cannot have change nothing.
        #expect(code { try PKCECheck.challenge(sent, of: client { $0.pkce = .optional }) } == Self.invalid)
        // Where it is optional, only its complete absence is.
        let optional = code { try PKCECheck.challenge(sent, of: client(.confidential) { $0.pkce = .optional }) }
        #expect(optional == (challenge ?? "" == "" && method == nil ? nil : Self.invalid))
    }

    @Test func `a challenge counts for every client, and may be absent for one that says so`() throws {
        let good = try sent([("code_challenge", Self.challenge), ("code_challenge_method", "S256")])
        let optional = try client(.confidential) { $0.pkce = .optional }
        for client in [try client(), try client(.confidential), optional] {
            #expect(try PKCECheck.challenge(good, of: client) == Self.challenge)
        }
        #expect(try PKCECheck.challenge(try sent([]), of: optional) == nil)
    }

    // MARK: Scope, nonce, prompt, age

    @Test(
        arguments: [
            // (client's list, asked)
            (nil, "orders:read"), (nil, "OPENID"), ("openid", "email"), ("openid", "openid  email"),
            ("openid", " openid"),
            ("openid", "\"openid\""), ("openid", "openid\u{301}"), ("latchkey:events", "latchkey:events"),
            ("latchkey:root", "latchkey:root"), ("latchkey:account", nil), ("openid offline_access", nil),
            (nil, "latchkey:admin"), (nil, "offline_access"),
            ("openid", (0...200).map { "s\($0)" }.joined(separator: " ")),
        ] as [(String?, String?)])
    func `a scope of which nothing is left is refused`(list: String?, asked: String?) throws {
        let client = try client { $0.scope = list.flatMap { Scope($0) } }
        #expect(code { try ScopeCheck.scope(try sent("scope", asked), of: client) } == .invalidScope)
    }

    @Test(
        arguments: [
            (nil, "openid canary", "openid"), (nil, "openid offline_access phone", "openid"),
            (nil, "email openid email", "email openid"), (nil, "latchkey:account", "latchkey:account"),
            ("openid latchkey:admin", "latchkey:admin openid latchkey:root", "latchkey:admin openid"),
            ("openid latchkey:events", "openid latchkey:events", "openid"),
            (
                "openid address phone offline_access", "openid address phone offline_access",
                "openid address phone offline_access"
            ),
            ("orders:read", "orders:read orders:write", "orders:read"), (nil, nil, "profile email"),
            ("openid orders:read latchkey:account offline_access", nil, "orders:read"),
        ] as [(String?, String?, String)])
    func `what is unknown or not the client's is dropped from a scope`(
        list: String?, asked: String?, granted: String
    ) throws {
        let client = try client { $0.scope = list.flatMap { Scope($0) } }
        #expect(try ScopeCheck.scope(try sent("scope", asked), of: client).description == granted)
    }

    @Test func `a nonce is kept as it is, up to 512 bytes`() throws {
        let long = String(repeating: "\u{E9}", count: 256)
        #expect(try NonceCheck.read(try sent("nonce", long)) == long)
        #expect(code { try NonceCheck.read(try sent("nonce", long + "x")) } == Self.invalid)
        #expect(try NonceCheck.read(try sent([])) == nil)
    }

    @Test(arguments: [
        "canary", "Login", "login canary", "none login", "login none", "none none login", "create", "login,consent",
        " login", "login ", "login  consent", " ", "login\u{301}", "none\t",
    ])
    func `a prompt that is unknown, or none beside another, is refused`(prompt: String) throws {
        #expect(code { try PromptCheck.read(try sent("prompt", prompt)) } == Self.invalid)
    }

    @Test(
        arguments: [
            (nil, []), ("", []), ("none", .none), ("none none", .none), ("login", .login),
            ("consent login", [.login, .consent]),
            ("select_account", .selectAccount), ("login login", .login),
            ("login consent select_account", [.login, .consent, .selectAccount]),
        ] as [(String?, AuthorizationRequest.Prompt)])
    func `a prompt is a set`(text: String?, prompt: AuthorizationRequest.Prompt) throws {
        #expect(try PromptCheck.read(try sent("prompt", text)) == prompt)
    }

    @Test(arguments: ["-1", "+1", "1.0", "1e3", " 1", "1 ", "0x10", "canary", "\u{661}", "1000000000000000"])
    func `an age that is no number of seconds is refused`(age: String) throws {
        #expect(code { try MaximumAgeCheck.read(try sent("max_age", age)) } == Self.invalid)
    }

    @Test func `an age is a number of seconds, also none`() throws {
        for (text, seconds) in [("0", 0), ("1", 1), ("007", 7), ("999999999999999", 999_999_999_999_999)] {
            #expect(try MaximumAgeCheck.read(try sent("max_age", text)) == Int64(seconds))
        }
        #expect(try MaximumAgeCheck.read(try sent([])) == nil)
    }

    // MARK: Resource and hints

    @Test(arguments: [
        ["https://api.example.com/"], ["https://API.example.com"], ["canary"], ["orders", "billing"],
        ["https://auth.example.com/api/v1"], ["https://auth.example.com"], ["order\u{301}s"],
    ])
    func `a resource that is not an audience of the client is an invalid target`(resources: [String]) throws {
        let settings = Settings(issuer: "https://auth.example.com")
        let client = try client { $0.audiences = ["https://api.example.com", "orders"] }
        let sent = try sent(resources.map { ("resource", $0) })
        #expect(code { try ResourceCheck.read(sent, of: client, settings: settings) } == .invalidTarget)
    }

    @Test func `a resource is an audience of the client, by default the issuer, each once`() throws {
        let settings = Settings(issuer: "https://auth.example.com")
        let client = try client { $0.audiences = ["https://api.example.com", "orders"] }
        let asked = try sent(["orders", "https://api.example.com", "orders"].map { ("resource", $0) })
        #expect(
            try ResourceCheck.read(asked, of: client, settings: settings) == ["orders", "https://api.example.com"])
        #expect(try ResourceCheck.read(try sent([]), of: client, settings: settings).isEmpty)
        let issuer = try sent("resource", "https://auth.example.com")
        #expect(try ResourceCheck.read(issuer, of: self.client(), settings: settings) == ["https://auth.example.com"])
    }

    @Test func `hints that are too long are refused`() throws {
        let many = (0...16).map { "a\($0)" }.joined(separator: " ")
        #expect(code { try HintChecks.acrValues(try sent("acr_values", many)) } == Self.invalid)
        let long = String(repeating: "a", count: 1025)
        #expect(code { try HintChecks.acrValues(try sent("acr_values", long)) } == Self.invalid)
        let login = String(repeating: "\u{E9}", count: 257)
        #expect(code { try HintChecks.loginHint(try sent("login_hint", login)) } == Self.invalid)
    }

    @Test func `hints are kept, known or not`() throws {
        let values = "urn:latchkey:1fa  canary phr"
        #expect(
            try HintChecks.acrValues(try sent("acr_values", values)) == ["urn:latchkey:1fa", "canary", "phr"])
        #expect(try HintChecks.acrValues(try sent([])).isEmpty)
        #expect(try HintChecks.loginHint(try sent("login_hint", "<b>ada</b>")) == "<b>ada</b>")
        #expect(try HintChecks.loginHint(try sent([])) == nil)
    }

    @Test(arguments: [
        ("de-CH en", ["de-CH", "en"]), ("<script> de", ["de"]), ("de_CH", []), ("-de", []), ("de-", []),
        ("d\u{E9}", []),
        ("abcdefghi", []), (String(repeating: "ab-", count: 12) + "ab", []),
        ("a1 b2 c3 d4 e5 f6 g7 h8 i9 j0", ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8"]), ("\"en\"", []),
        ("@{`", []),
    ])
    func `languages are those that have the form of one, and never an error`(text: String, tags: [String]) throws {
        #expect(HintChecks.uiLocales(try sent("ui_locales", text)) == tags)
    }
}
