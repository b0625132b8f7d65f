import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The authorization requests of a client, and the shortest ways through the pages.
struct SignInScene: Sendable {
    static let issuer = "http://localhost:8080"
    static let redirectURI = "https://app.example.com/cb"
    static let verifier = String(repeating: "v", count: 43)
    static let sessionCookie = "latchkey_dev_signin"
    static let stepCookie = "latchkey_dev_step"

    let server: TestServer

    init(_ server: TestServer) { self.server = server }

    /// A user, and a client that asks for consent.
    static func prepared(_ server: TestServer, consent: ClientSettings.Consent = .never) async throws -> SignInScene {
        let scene = SignInScene(server)
        try await server.addUser()
        try await server.addUser("grace")
        try await scene.addClient { $0.consent = consent }
        return scene
    }

    @discardableResult
    func addClient(
        _ id: String = "web", kind: Client.Kind = .public, _ change: (inout ClientSettings) -> Void = { _ in }
    ) async throws -> String? {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: kind)
        draft.settings.redirectURIs = [Self.redirectURI]
        draft.settings.scope = Scope("openid profile email offline_access orders latchkey:account")
        draft.settings.consent = .never
        change(&draft.settings)
        return try await server.services.clients.create(draft, actor: .operator).secret?.text
    }

    func browser() -> TestBrowser { TestBrowser(base: server.http.base, issuer: Self.issuer) }

    // MARK: Requests

    /// A good authorization request.
    /// - Parameter change: `nil` takes a parameter away.
    static func request(_ change: [String: String?] = [:]) -> [String: String] {
        let good = [
            "client_id": "web", "redirect_uri": redirectURI, "response_type": "code",
            "scope": "openid profile offline_access", "state": "a state", "nonce": "a nonce",
            "code_challenge": CodeChallenge.s256(verifier), "code_challenge_method": "S256",
        ]
        return change.reduce(into: good) { $0[$1.key] = $1.value }
    }

    static func query(_ parameters: [String: String]) -> String {
        parameters.sorted { $0.key < $1.key }
            .map { PercentEncoding.encode($0.key) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
    }

    static func path(_ change: [String: String?] = [:]) -> String { "/oauth2/authorize?" + query(request(change)) }

    /// Opens an authorization request.
    func authorize(_ browser: TestBrowser, _ change: [String: String?] = [:]) async throws -> TestResponse {
        try await browser.get(Self.path(change))
    }

    /// The page that a request opens.
    func page(_ browser: TestBrowser, _ change: [String: String?] = [:]) async throws -> ShownPage {
        try ShownPage(try await authorize(browser, change))
    }

    static func typed(_ user: String = "ada", _ password: String = TestServer.password) -> [String: String] {
        ["username": user, "password": password]
    }

    /// Through the password page to the client.
    @discardableResult
    func signIn(
        _ browser: TestBrowser, _ user: String = "ada", _ change: [String: String?] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DeliveredAnswer {
        let answer = try await browser.submit(try await page(browser, change), Self.typed(user))
        return try #require(
            DeliveredAnswer(answer), "\(answer.status) \(answer.text)", sourceLocation: sourceLocation)
    }

    // MARK: The token endpoint

    func redeem(
        _ code: String?, client: String = "web", redirectURI: String? = SignInScene.redirectURI,
        verifier: String? = SignInScene.verifier, secret: String? = nil
    ) async throws -> TestResponse {
        var form = [("grant_type", "authorization_code"), ("client_id", client), ("code", code ?? "")]
        if let redirectURI { form.append(("redirect_uri", redirectURI)) }
        if let verifier { form.append(("code_verifier", verifier)) }
        if let secret { form.append(("client_secret", secret)) }
        return try await server.http.post("/oauth2/token", form: form)
    }

    func refresh(_ tokens: TestResponse, client: String = "web") async throws -> TestResponse {
        try await server.refresh(try #require(tokens["refresh_token"], "\(tokens.text)"), client: client)
    }

    /// The claims of an ID token, after its signature was checked with the published keys.
    func idClaims(_ tokens: TestResponse) async throws -> (header: JWSHeader, claims: JSONObject) {
        let text = try #require(tokens["id_token"], "\(tokens.text)")
        let jws = try JWS(parsing: Array(text.utf8))
        let keys = try await server.http.get("/.well-known/jwks.json").json.object?["keys"]?.array ?? []
        let own = keys.first { $0.object?["kid"]?.string == jws.header.keyID?.description }
        let key = VerificationKey(try JSONWebKey(parsing: try #require(own?.object)))
        try #require(key.algorithm == jws.header.algorithm)
        try #require(key.verify(signature: jws.signature, signingInput: jws.signingInput))
        return (jws.header, try StrictJSON.parseObject(jws.payload))
    }

    // MARK: What was written

    /// Codes that were issued and sessions that began, as the audit trail has them.
    func written() async throws -> [AuditEvent.Kind] {
        try await server.services.audit.page(AuditFilter()).items.map(\.kind).filter {
            [.loginSucceeded, .loginCodeIssued, .consentGranted, .passwordChanged, .sessionEnded].contains($0)
        }
    }

    /// The browser session of a cookie.
    static func session(_ browser: TestBrowser) throws -> SessionID {
        let cookie = try #require(browser.cookies[sessionCookie])
        return try #require(BrowserSessionToken(cookie)).session
    }

    /// Ends a session as an administrator does.
    func end(_ session: SessionID) async throws {
        let answer = try await server.revoke("session", session.description)
        try #require((200...299).contains(answer.status), "\(answer.text)")
    }
}
