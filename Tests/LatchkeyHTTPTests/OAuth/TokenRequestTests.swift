import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

@testable import LatchkeyHTTP

struct TokenRequestTests {
    private static let trial = Client.Grant("urn:example:trial", kinds: [.public], byDefaultFor: [])

    /// Reads forms as the endpoint does, and answers none.
    private let grants = [
        OfferedGrant(.refreshToken, read: RefreshTokenGrant.Request.init) { _, _, _ in throw Answered() },
        OfferedGrant(.clientCredentials, read: ClientCredentialsGrant.Request.init) { _, _, _ in throw Answered() },
        OfferedGrant(Self.trial, read: { _ throws(Refusal) in () }, answer: { _, _, _ in throw Answered() }),
    ]

    private struct Answered: Error {}

    private func parameters(_ form: String) throws(Refusal) -> RequestParameters {
        try RequestParameters(form.utf8, repeatable: OfferedGrant.repeatable)
    }

    private func request(_ form: String) throws(Refusal) {
        let parameters = try parameters(form)
        try grants.asked(by: parameters).check(parameters)
    }

    @Test func `the endpoint answers exactly the grants that metadata and clients know`() async throws {
        try await withServer { server in
            let services = server.services
            let endpoint = TokenEndpoint(
                sessions: services.sessions, clientTokens: services.clientTokens, settings: services.settings)
            #expect(endpoint.grants.map(\.grant) == Client.Grant.all)
            let metadata = try await server.http.get("/.well-known/oauth-authorization-server")
            let names = metadata.json.object?["grant_types_supported"]?.strings
            #expect(names == Client.Grant.all.map(\.name))
        }
    }

    @Test func `metadata reads the list, and so does the sentence about what is supported`() throws {
        let all = Client.Grant.all + [Self.trial]
        let document = try StrictJSON.parseObject(
            AuthorizationServerMetadata(issuer: "https://a.example", grants: all).encode())
        #expect(document["grant_types_supported"]?.strings == all.map(\.name))
        let refusal = #expect(throws: Refusal.self) { try request("grant_type=password") }
        #expect(refusal?.detail.contains("refresh_token, client_credentials, urn:example:trial") == true)
    }

    @Test(arguments: Client.Kind.allCases)
    func `a grant that is added answers no client that was not given it`(kind: Client.Kind) async throws {
        let form = try parameters("grant_type=urn:example:trial")
        let offered = try grants.asked(by: form)
        var settings = ClientSettings(defaultsFor: kind)
        #expect(try await outcome(of: offered, form, kind, settings) == .unauthorizedClient)
        settings.grants.append(Self.trial)
        #expect(try await outcome(of: offered, form, kind, settings) == nil)
    }

    /// The code of the refusal; nil when the grant was asked for its answer.
    private func outcome(
        of offered: OfferedGrant, _ form: RequestParameters, _ kind: Client.Kind, _ settings: ClientSettings
    ) async throws -> Refusal.Code? {
        let client = Client(
            id: try #require(ClientID("app")), kind: kind, settings: settings, createdAt: Timestamp(seconds: 1))
        do {
            _ = try await offered.answer(form, client, "::1")
        } catch let refusal as Refusal {
            return refusal.code
        } catch is Answered {}
        return nil
    }

    @Test func `a client may use what is in its own list, whatever the endpoint answers`() async throws {
        try await withServer { server in
            try await server.addClient("old")
            let secret = try await server.addConfidentialClient("service", scope: "orders:read")
            try await server.services.clients.update(try #require(ClientID("service")), actor: .operator) {
                $0.grants = [.refreshToken]
            }
            let form = [
                ("grant_type", "client_credentials"), ("client_id", "service"), ("client_secret", secret),
            ]
            #expect(try await server.http.post("/oauth2/token", form: form)["error"] == "unauthorized_client")
            let old = [("grant_type", "client_credentials"), ("client_id", "old")]
            #expect(try await server.http.post("/oauth2/token", form: old)["error"] == "unauthorized_client")
        }
    }

    @Test(arguments: [
        ("", Refusal.Code.invalidRequest),
        ("grant_type=", .invalidRequest),
        ("grant_type=password&username=a&password=b", .unsupportedGrantType),
        ("grant_type=authorization_code&code=x", .unsupportedGrantType),
        ("grant_type=implicit", .unsupportedGrantType),
        ("grant_type=Refresh_Token&refresh_token=x", .unsupportedGrantType),
        ("grant_type=refresh_token", .invalidRequest),
        ("grant_type=refresh_token&refresh_token=", .invalidRequest),
        ("grant_type=refresh_token&refresh_token=x&scope=a%20%20b", .invalidScope),
        ("grant_type=client_credentials&scope=%22", .invalidScope),
        ("grant_type=client_credentials&scope=a&scope=b", .invalidRequest),
        ("grant_type=client_credentials&grant_type=client_credentials", .invalidRequest),
    ])
    func `anything but a request for an existing grant is refused`(form: String, code: Refusal.Code) {
        let error = #expect(throws: Refusal.self) { try request(form) }
        #expect(error?.code == code)
    }

    @Test func `an empty scope counts as absent, unknown parameters do not count, resource may repeat`() throws {
        let form = "grant_type=refresh_token&refresh_token=x&scope=&resource=a&resource=b&audience=c"
        let refresh = try RefreshTokenGrant.Request(try parameters(form))
        #expect(refresh.token == "x" && refresh.scope == nil && refresh.resources == ["a", "b"])
        let own = try ClientCredentialsGrant.Request(try parameters("grant_type=client_credentials&scope=a+b"))
        #expect(own.scope == Scope("a b") && own.resources.isEmpty)
    }

    @Test func `a resource must be among the audiences that the token has anyway`() throws {
        let audience = ["https://api.example.com", "https://files.example.com"]
        try ResourceIndicator.check([], within: audience)
        try ResourceIndicator.check(["https://files.example.com"], within: audience)
        for resources in [["https://api.example.com/"], ["https://api.example.com", "https://evil.test"], [""]] {
            let error = #expect(throws: Refusal.self) { try ResourceIndicator.check(resources, within: audience) }
            #expect(error?.code == .invalidTarget)
        }
    }
}
