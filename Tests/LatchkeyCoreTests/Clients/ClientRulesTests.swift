import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ClientRulesTests {
    private let settings = Settings(issuer: "https://auth.example.com")
    private let invalid = Refusal(.invalidRequest, "")

    private func draft(_ kind: Client.Kind = .public, _ change: (inout ClientDraft) -> Void = { _ in }) throws
        -> ClientDraft
    {
        var draft = ClientDraft(id: try #require(ClientID("app")), kind: kind)
        change(&draft)
        return draft
    }

    private func validated(
        _ kind: Client.Kind = .public, _ change: (inout ClientDraft) -> Void = { _ in }
    ) throws -> Client {
        try draft(kind, change).validated(settings: settings, at: Timestamp(seconds: 1))
    }

    @Test func `a value that is merely equivalent to one before is judged itself`() {
        #expect(throws: invalid) { try validated { $0.settings.audiences = ["K", "\u{212A}"] } }
        #expect(throws: invalid) {
            try validated { $0.settings.redirectURIs = ["https://a.example/;", "https://a.example/\u{37E}"] }
        }
    }

    @Test(arguments: [
        "", "app.example.com", "https:app.example.com", "https://", "https://app.example.com/",
        "https://app.example.com/x",
        "https://APP.example.com", "HTTPS://app.example.com", "https://app.example.com:443",
        "https://app.example.com:0",
        "https://app.example.com:65536", "https://app.example.com:08443", "https://app.example.com:",
        "https://app..example",
        "https://user@app.example.com", "https://app.example.com?x", "https://app.example.com#x",
        "https://*.example.com",
        "http://app.example.com", "http://localhost:80", "http://localhost.evil.com", "http://127.0.0.1.evil.com",
        "http://127.0.0.256", "http://1270.0.0.1", "null", "*", "file://localhost", "https://b\u{FC}cher.example",
        "https://[::1", "https://[1]", "https://a b.example", "https://-a.example", "custom://app",
        "https://app.example.com\u{0}",
    ])
    func `an origin that no browser would send is refused`(origin: String) {
        #expect(throws: invalid) { try validated { $0.settings.origins = ["https://good.example", origin] } }
    }

    @Test(arguments: [
        "https://app.example.com", "https://app.example.com:8443", "http://localhost:5173", "http://localhost",
        "http://127.0.0.1:3000", "http://[::1]:8080", "https://xn--bcher-kva.example", "https://192.0.2.7",
        "http://app.localhost:1234", "https://[2001:db8::1]:9443",
    ])
    func `an origin as browsers write it is taken once`(origin: String) throws {
        #expect(try validated { $0.settings.origins = [origin, origin] }.origins == [origin])
    }

    @Test func `sessions without tokens are for first-party clients with origins, confidential ones too`() throws {
        let origins = ["https://app.example.com"]
        for kind in [Client.Kind.public, .confidential] {
            let client = try validated(kind) {
                $0.settings.firstParty = true
                $0.settings.origins = origins
            }
            #expect(client.allowsServerSessions)
            #expect(client.allowsCookieTransport == (kind == .public))
            #expect(try !validated(kind) { $0.settings.firstParty = true }.allowsServerSessions)
        }
        #expect(try !validated { $0.settings.origins = origins }.allowsServerSessions)
    }

    @Test(arguments: [
        "", "/login", "login", "https://", "https:login", "http://auth.example.com/login", "javascript:alert(1)",
        "https://auth.example.com/login#x", "https://user@auth.example.com/", "com.example.app:/login",
        "https://auth.example.com/ login", "https://auth.example.com/" + String(repeating: "x", count: 512),
    ])
    func `a login URI that no browser should be sent to is refused`(uri: String) {
        #expect(throws: invalid) { try validated { $0.settings.loginURI = uri } }
    }

    @Test(arguments: ["https://auth.example.com/login", "https://auth.example.com/?page=login", "http://localhost:81/"])
    func `a login URI is a page`(uri: String) throws {
        #expect(try validated { $0.settings.loginURI = uri }.loginURI == uri)
    }

    @Test func `origins are for public clients, and cookies for those that have some`() throws {
        #expect(throws: invalid) { try validated(.confidential) { $0.settings.origins = ["https://app.example.com"] } }
        #expect(try validated { $0.settings.origins = ["https://app.example.com"] }.allowsCookieTransport)
        #expect(try !validated().allowsCookieTransport)
        #expect(try !validated(.confidential).allowsCookieTransport)
    }

    @Test(arguments: [
        ("", Client.Kind.public), ("/callback", .public), ("https://", .public), ("https:///cb", .public),
        ("https://app.example.com/cb#x", .public), ("https://app.example.com/*", .public),
        ("https://*.example.com/cb", .public), ("http://app.example.com/cb", .public), ("myapp:/cb", .public),
        ("javascript:alert(1)", .public), ("com.example.app:/cb", .confidential),
        ("https://app.example.com/a b", .public),
        ("https://user:pw@app.example.com/cb", .public), ("COM.example.app:/cb", .public),
        ("https://app.example.com/" + String(repeating: "x", count: 500), .public),
    ])
    func `a redirect URI that could lead elsewhere is refused`(uri: String, kind: Client.Kind) {
        #expect(throws: invalid) { try validated(kind) { $0.settings.redirectURIs = [uri] } }
    }

    @Test(arguments: [
        "https://app.example.com/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:4711/cb", "http://localhost:3000/cb",
        "com.example.app:/cb", "com.example.app://host/cb",
    ])
    func `redirect URIs of web and native applications are taken`(uri: String) throws {
        #expect(try validated { $0.settings.redirectURIs = [uri] }.redirectURIs == [uri])
    }

    @Test func `a post-logout redirect URI has the form of a redirect URI, and is taken once`() throws {
        for uri in [
            "", "/out", "http://app.example.com/out", "https://app.example.com/out#x", "https://*.example.com/",
            "javascript:alert(1)", "data:text/html,x",
        ] {
            #expect(throws: invalid) { try validated { $0.settings.postLogoutRedirectURIs = [uri] } }
        }
        let good = "https://app.example.com/out?x=1"
        #expect(
            try validated { $0.settings.postLogoutRedirectURIs = [good, good] }.postLogoutRedirectURIs == [good])
    }

    @Test func `PKCE stays required for a client without a secret`() throws {
        #expect(throws: invalid) { try validated(.public) { $0.settings.pkce = .optional } }
        #expect(try validated(.confidential) { $0.settings.pkce = .optional }.pkce == .optional)
        for kind in Client.Kind.allCases { #expect(try validated(kind).pkce == .required) }
    }

    @Test(arguments: [
        "", " ", " Orders", "Orders ", "Orders\u{A0}", "Or\u{0}ders", "Or\nders", "Or\u{1B}[2Jders", "\u{202E}sredrO",
        "Or\u{2028}ders", "Or\u{2066}ders", String(repeating: "x", count: 65),
        "x" + String(repeating: "\u{301}", count: 64),
    ])
    func `a name that a page could not show as it is, is refused`(name: String) {
        #expect(throws: invalid) { try validated { $0.settings.name = name } }
    }

    @Test(arguments: [
        "Orders", "M\u{FC}ller & S\u{F6}hne <b>", "\u{5E97}", String(repeating: "\u{1F600}", count: 64),
    ])
    func `a name is any text of one line, also markup, which is only text`(name: String) throws {
        #expect(try validated { $0.settings.name = name }.name == name)
    }

    @Test(arguments: [
        "", "/policy", "http://a.example/policy", "http://localhost/policy", "javascript:alert(1)", "https:policy",
        "https://", "https://user@a.example/", "https://a.example/ x", "https://b\u{FC}cher.example/",
        "https://a.example/" + String(repeating: "x", count: 500),
    ])
    func `a link to a page about the client is https`(uri: String) {
        let links: [WritableKeyPath<ClientSettings, String?>] = [\.clientURI, \.policyURI, \.termsURI]
        for link in links { #expect(throws: invalid) { try validated { $0.settings[keyPath: link] = uri } } }
    }

    @Test(arguments: [
        "", "two words", "a/b", "https://api.example.com#x", "https:", "b\u{FC}cher", "\"x\"", "1:x", ":x",
        String(repeating: "a", count: 257), "https://auth.example.com/api/v1",
    ])
    func `an audience out of form, or our own API, is refused`(audience: String) {
        #expect(throws: invalid) { try validated { $0.settings.audiences = ["fine", audience] } }
    }

    @Test func `up to eight audiences are taken`() throws {
        let nine = (1...9).map { "service-\($0)" }
        #expect(throws: invalid) { try validated { $0.settings.audiences = nine } }
        #expect(try validated { $0.settings.audiences = Array(nine.prefix(8)) }.audiences.count == 8)
        let forms = ["https://api.example.com/v2?x=1", "urn:example:api", "api.example_1"]
        #expect(try validated { $0.settings.audiences = forms + forms }.audiences == forms)
    }

    @Test(arguments: ["latchkey:root", "latchkey:", "openid latchkey:accounts", ""])
    func `a scope in our own name that does not exist is refused`(scope: String) throws {
        let scope = try #require(Scope(scope))
        #expect(throws: invalid) { try validated { $0.settings.scope = scope } }
    }

    @Test func `client_credentials needs a confidential client`() throws {
        #expect(throws: invalid) { try validated { $0.settings.grants = [.refreshToken, .clientCredentials] } }
        #expect(try validated().grants == [.authorizationCode, .refreshToken])
        #expect(try validated(.confidential).grants == [.authorizationCode, .refreshToken, .clientCredentials])
        #expect(
            try validated(.confidential) { $0.settings.grants = [.clientCredentials, .clientCredentials] }.grants == [
                .clientCredentials
            ])
    }

    @Test(arguments: [0, 29, 3601, -30, 86400])
    func `an access token lives 30 to 3600 seconds`(seconds: Int) throws {
        #expect(throws: invalid) { try validated { $0.settings.accessLifetime = .seconds(seconds) } }
        #expect(throws: invalid) { try validated { $0.settings.accessLifetime = .milliseconds(60_500) } }
        for good in [30, 3600] {
            #expect(try validated { $0.settings.accessLifetime = .seconds(good) }.accessLifetime == .seconds(good))
        }
    }

    @Test(
        arguments: [
            (0, nil), (nil, 0), (29, nil), (nil, 400 * 86400 + 1), (3600, 3599),
            // Longer than the issuer's absolute lifetime of 90 days.
            (91 * 86400, nil),
        ] as [(Int?, Int?)])
    func `a session's lifetimes are refused that are out of range or in the wrong order`(idle: Int?, absolute: Int?) {
        #expect(throws: invalid) {
            try validated {
                $0.settings.idleLifetime = idle.map { .seconds($0) }
                $0.settings.absoluteLifetime = absolute.map { .seconds($0) }
            }
        }
    }

    @Test func `a short absolute lifetime needs no idle one`() throws {
        #expect(try validated { $0.settings.absoluteLifetime = .seconds(3600) }.absoluteLifetime == .seconds(3600))
        #expect(try validated { $0.settings.absoluteLifetime = .seconds(400 * 86400) }.idleLifetime == nil)
    }

    @Test func `only a confidential client imports a secret, and a good one`() throws {
        #expect(throws: invalid) { try validated { $0.secret = ClientSecret("0123456789abcdef") } }
        #expect(throws: invalid) { try validated(.confidential) { $0.secret = ClientSecret("0123456789abcde") } }
        _ = try validated(.confidential) { $0.secret = ClientSecret("0123456789abcdef") }
    }

    @Test func `a change is judged with everything that stays`() throws {
        var client = try validated { $0.settings.idleLifetime = .seconds(7200) }
        client.settings.absoluteLifetime = .seconds(3600)
        #expect(throws: invalid) { try ClientRules(settings: settings).validated(client) }
        client.settings.idleLifetime = nil
        #expect(try ClientRules(settings: settings).validated(client) == client)
    }

    @Test(arguments: ["latchkey", "LATCHKEY", "Latchkey-console", "latchkey-", "lAtChKeY--", "latchkey-pages.2"])
    func `an id that is the server's own is refused`(id: String) throws {
        let draft = ClientDraft(id: try #require(ClientID(id)), kind: .public)
        let refusal = #expect(throws: Refusal.self) {
            try draft.validated(settings: settings, at: Timestamp(seconds: 1))
        }
        #expect(refusal?.code == .invalidRequest)
        #expect(refusal?.detail.contains("choose another id") == true)
    }

    @Test(arguments: ["latchkey.console", "latchkeys", "latchke", "my-latchkey", "latchkey_x", "-latchkey"])
    func `an id that only looks like the server's own is taken`(id: String) throws {
        _ = try ClientDraft(id: try #require(ClientID(id)), kind: .public)
            .validated(settings: settings, at: Timestamp(seconds: 1))
    }

    @Test func `refusals are fit for an OAuth error and quote nothing`() throws {
        let bad: [(inout ClientDraft) -> Void] = [
            { $0.settings.origins = ["https://zzyzx/"] }, { $0.settings.redirectURIs = ["zzyzx"] },
            { $0.settings.audiences = ["zzyzx x"] },
            { $0.settings.scope = Scope("latchkey:zzyzx") }, { $0.settings.grants = [.clientCredentials] },
            { $0.settings.accessLifetime = .zero },
        ]
        for change in bad {
            let refusal = try #require(#expect(throws: Refusal.self) { try validated(.public, change) })
            #expect(refusal.detail.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C })
            #expect(!refusal.detail.contains("zzyzx"))
        }
    }
}
