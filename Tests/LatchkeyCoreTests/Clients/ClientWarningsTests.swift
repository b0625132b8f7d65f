import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ClientWarningsTests {
    private func warnings(
        _ kind: Client.Kind = .public, origins: [String] = [], scope: String? = nil, firstParty: Bool = true,
        issuer: String = "https://auth.example.com"
    ) throws -> [String] {
        let client = Client(
            id: try #require(ClientID("app")), kind: kind,
            settings: ClientSettings {
                $0.firstParty = firstParty
                $0.origins = origins
                $0.scope = scope.flatMap { Scope($0) }
            }, createdAt: Timestamp(seconds: 1))
        return ClientWarnings(issuer: issuer).warnings(for: client)
    }

    @Test(arguments: [
        ("https://auth.example.com", "https://app.example.org"), ("https://auth.example.com", "http://localhost:5173"),
        ("http://localhost:8080", "http://127.0.0.1:8080"), ("https://192.0.2.1", "https://198.51.2.1"),
        ("http://localhost:8080", "https://localhost:8443"),
    ])
    func `an origin on another site is pointed out`(issuer: String, origin: String) throws {
        let warnings = try warnings(origins: [origin], issuer: issuer)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(origin) == true)
    }

    @Test(arguments: [
        ("https://auth.example.com", "https://app.example.com"),
        ("https://example.com", "https://a.b.example.com:8443"),
        ("http://localhost:8080", "http://localhost:5173"),
    ])
    func `an origin on the same site is fine`(issuer: String, origin: String) throws {
        #expect(try warnings(origins: [origin], issuer: issuer).isEmpty)
    }

    @Test func `a login page that cannot sign users in causes a warning`() throws {
        func warnings(_ origins: [String], _ redirectURIs: [String], firstParty: Bool = true) throws -> [String] {
            let client = Client(
                id: try #require(ClientID("app")), kind: .public,
                settings: ClientSettings {
                    $0.firstParty = firstParty
                    $0.origins = origins
                    $0.redirectURIs = redirectURIs
                    $0.loginURI = "https://auth.example.com:8443/login"
                }, createdAt: Timestamp(seconds: 1))
            return ClientWarnings(issuer: "https://auth.example.com").warnings(for: client)
        }
        let callback = ["https://app.example.com/latchkey/callback"]
        let page = "https://auth.example.com:8443"
        #expect(try warnings([page], callback).isEmpty)
        #expect(try warnings(["https://auth.example.com"], callback).first?.contains(page) == true)
        #expect(try warnings([page], []).count == 1)
        #expect(try warnings([page], callback, firstParty: false).count == 1)
    }

    @Test func `a scope without a sentence causes a warning where people are asked`() throws {
        let said = ScopeSentences([("en", [try #require(ScopeSentence("orders:read=See your orders"))])])
        func warnings(_ scope: String?, consent: ClientSettings.Consent = .ask, uri: String? = "https://a.example/cb")
            throws -> [String]
        {
            let client = Client(
                id: try #require(ClientID("app")), kind: .confidential,
                settings: ClientSettings {
                    $0.grants = [.authorizationCode]
                    $0.consent = consent
                    $0.redirectURIs = [uri].compactMap(\.self)
                    $0.scope = scope.flatMap { Scope($0) }
                }, createdAt: Timestamp(seconds: 1))
            return ClientWarnings(issuer: "https://auth.example.com", sentences: said).warnings(for: client)
        }
        #expect(
            try warnings("openid reports orders:read orders:write").map { $0.contains("reports and orders:write:") }
                == [true])
        #expect(try warnings("openid profile email orders:read").isEmpty)
        #expect(try warnings(nil).isEmpty)
        #expect(try warnings("reports", consent: .never).isEmpty)
        #expect(try warnings("reports", uri: nil).isEmpty)
    }

    @Test func `administration and clients that can do nothing are pointed out`() throws {
        #expect(try warnings(.confidential, scope: "latchkey:admin").count == 1)
        #expect(try warnings(scope: "openid latchkey:admin").count == 1)
        #expect(try warnings(firstParty: false).count == 1)
        #expect(try warnings(.confidential, firstParty: false).isEmpty)
    }
}
