import LatchkeyTokens

/// A sign-in that ends on another host: what an application's own login page sends in addition to a login.
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

/// A code at the token endpoint (RFC 6749 4.1.3). The client is known and, when confidential, authenticated.
package struct CodeRequest: Sendable {
    package let code: String
    package let client: Client
    package let redirectURI: String?
    package let verifier: String?
    package let network: String

    package init(
        code: String, client: Client, redirectURI: String?, verifier: String?, network: String
    ) {
        self.code = code
        self.client = client
        self.redirectURI = redirectURI
        self.verifier = verifier
        self.network = network
    }
}

extension SessionService {
    /// Verifies the password and keeps a one-time code for the callback on the application's host. No session exists
    /// yet. Durable on return.
    /// - Throws: ``Refusal`` `invalid_request` for a redirect URI that is not the client's; otherwise as ``login(_:)``.
    package func loginForRedirect(_ request: LoginCodeRequest) async throws -> AuthorizationCodeString {
        let login = request.login
        precondition(login.transport == .session)
        guard login.client.registers(redirectURI: request.redirectURI) else {
            throw Refusal(
                .invalidRequest, "This redirect_uri does not exactly match one that is registered for the client.")
        }
        let authenticated = try await authenticate(login)
        defer { authenticated.admission?.release() }
        let code = AuthorizationCodeString.generate()
        let issue = LoginCodeIssue(
            digest: code.digest, authenticated: authenticated, client: login.client.id,
            redirectURI: request.redirectURI,
            challenge: CodeChallenge.s256(try StartTicket.verifier(ofState: request.state, keys: masterKeys)),
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
        _ code: AuthorizationCodeString, ticket: StartTicket, network: String, replacing: String?
    ) async throws -> ServerSessionStart {
        guard let client = try await store.client(ticket.client), !client.disabled, client.allowsServerSessions,
            client.registers(redirectURI: ticket.redirectURI)
        else { throw Self.codeRefused }
        let redemption = CodeRedemption(
            digest: code.digest, client: client.id, redirectURI: ticket.redirectURI,
            verifier: try StartTicket.verifier(ofState: ticket.state, keys: masterKeys), transport: .session,
            session: .generate(at: clock.now()), nonce: Self.nonce(),
            absoluteLifetime: absoluteLifetime(of: client), network: network,
            replacing: try await replacedServerSession(replacing, client: client.id))
        let outcome = try await redeem(redemption)
        guard case .begun(let record, _, let stamp) = outcome else { throw Self.codeRefused }
        return try start(record, at: stamp.issuedAt)
    }

    /// Begins the session of a code, with tokens. Durable on return. RFC 6749 4.1.3, RFC 7636 4.6.
    /// - Throws: ``Refusal`` `invalid_grant` when the code is not valid or no longer valid, `invalid_request` for a
    ///   verifier that no challenge asked for, `invalid_target`, `invalid_scope`, `clock_set_back`.
    package func redeem(_ request: CodeRequest) async throws -> TokenReply {
        guard let code = AuthorizationCodeString(request.code) else { throw Self.codeExpired }
        let client = request.client
        let outcome = try await redeem(
            CodeRedemption(
                digest: code.digest, client: client.id, redirectURI: request.redirectURI, verifier: request.verifier,
                transport: .body, session: .generate(at: clock.now()), nonce: Self.nonce(),
                absoluteLifetime: absoluteLifetime(of: client), network: request.network))
        switch outcome {
        case .begun(let record, let nonce, let stamp):
            let grant = try record.client.tokenGrant(
                held: record.session.scope, user: record.user, settings: settings)
            return try await reply(
                record, grant, stamp, generation: record.client.grants.contains(.refreshToken) ? 1 : nil,
                nonce: nonce)
        case .downgraded:
            throw Refusal(
                .invalidRequest, "The authorization request had no code_challenge: send no code_verifier.")
        case .replayed, .refused: throw Self.codeExpired
        }
    }

    private func redeem(_ redemption: CodeRedemption) async throws -> CodeOutcome {
        let outcome = try await IssuanceLoop(clock: clock).run { try await store.redeemCode(redemption) }
        if case .replayed = outcome {
            audit.show(
                AuditEvent(
                    .loginCodeReplayed, at: clock.now(), actor: .system, client: redemption.client,
                    network: redemption.network))
        }
        return outcome
    }

    /// The only refusal of a code: it tells a guesser nothing.
    private static let codeRefused = Refusal(
        .invalidRequest, "This code is not valid or no longer valid: start the sign-in again.")
    /// The same at the token endpoint (RFC 6749 5.2).
    private static let codeExpired = Refusal(
        .invalidGrant,
        "This code is not valid or no longer valid, or it was issued for another client, redirect_uri or code_verifier."
    )
}
