import LatchkeyTokens

/// A sign-in that ends on another host: what the login page sends in addition to a login.
package struct LoginCodeRequest: Sendable {
    package let login: LoginRequest
    /// One of the client's redirect URIs, byte by byte.
    package let redirectURI: String
    /// The state of the browser's start ticket.
    package let state: String

    package init(login: LoginRequest, redirectURI: String, state: String) {
        self.login = login
        self.redirectURI = redirectURI
        self.state = state
    }
}

extension SessionService {
    /// Verifies the password and keeps a one-time code for the callback on the application's host. No session exists
    /// yet. Durable on return.
    /// - Throws: ``Refusal`` `invalid_request` for a redirect URI that is not the client's; otherwise as ``login(_:)``.
    package func loginForRedirect(_ request: LoginCodeRequest) async throws -> LoginCodeString {
        let login = request.login
        precondition(login.transport == .session)
        guard login.client.redirectURIs.containsBytes(of: request.redirectURI) else {
            throw Refusal(
                .invalidRequest, "This redirect_uri does not exactly match one that is registered for the client.")
        }
        let authenticated = try await authenticate(login)
        defer { authenticated.admission?.release() }
        let code = LoginCodeString.generate()
        let issue = LoginCodeIssue(
            digest: code.digest, stateDigest: LoginCodeString.digest(request.state), authenticated: authenticated,
            client: login.client.id, redirectURI: request.redirectURI,
            scope: try login.client.grantedScope(requested: login.scope, user: authenticated.user),
            deviceName: login.deviceName, network: login.network)
        let isKept = try await IssuanceLoop(clock: clock).run { try await store.addLoginCode(issue) }
        guard isKept else { throw Self.wrongCredentials }
        return code
    }

    /// Begins the session of a code that came back to the browser that holds the ticket. Durable on return.
    /// - Parameter replacing: the session token in the cookie that was sent along.
    /// - Throws: ``Refusal`` `invalid_request` when the code is not valid or no longer valid, `clock_set_back`.
    package func redeem(
        _ code: LoginCodeString, ticket: StartTicket, network: String, replacing: String?
    ) async throws -> ServerSessionStart {
        guard let client = try await store.client(ticket.client), !client.disabled, client.allowsServerSessions,
            client.redirectURIs.containsBytes(of: ticket.redirectURI)
        else { throw Self.codeRefused }
        let redemption = LoginCodeRedemption(
            digest: code.digest, stateDigest: LoginCodeString.digest(ticket.state), client: client.id,
            redirectURI: ticket.redirectURI, session: .generate(at: clock.now()), nonce: Self.nonce(),
            absoluteLifetime: absoluteLifetime(of: client), network: network,
            replacing: try await replacedServerSession(replacing, client: client.id))
        let outcome = try await IssuanceLoop(clock: clock).run {
            try await store.redeemLoginCode(redemption)
        }
        if case .replayed = outcome {
            audit.show(
                AuditEvent(.loginCodeReplayed, at: clock.now(), actor: .system, client: client.id, network: network))
        }
        guard case .begun(let record, let stamp) = outcome else { throw Self.codeRefused }
        return try start(record, at: stamp.issuedAt)
    }

    /// The only refusal of a code: it tells a guesser nothing.
    private static let codeRefused = Refusal(
        .invalidRequest, "This code is not valid or no longer valid: start the sign-in again.")
}
