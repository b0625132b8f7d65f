package import LatchkeyTokens

/// Tokens without a user's sign-in: `client_credentials` (RFC 6749 4.4) and tokens minted by an administrator.
package final class ClientTokenService: Sendable {
    private let store: any Store
    private let issuer: AccessTokenIssuer
    private let settings: Settings
    private let clock: Clock

    package init(store: any Store, issuer: AccessTokenIssuer, settings: Settings, clock: Clock) {
        self.store = store
        self.issuer = issuer
        self.settings = settings
        self.clock = clock
    }

    /// A token for the client itself: `sub` is its `client_id`, there is no session and no refresh token.
    /// - Throws: ``Refusal`` `unauthorized_client`, `invalid_scope`, `clock_set_back`.
    package func issue(client: Client, scope: Scope?) async throws -> TokenReply {
        _ = try grant(client, scope)
        let issued = try await IssuanceLoop(clock: clock).run { try await store.issueForClient(client.id) }
        let current = issued.client
        // Judged again as of the transaction that set the instant: the client may have lost something while it waited.
        let granted = try grant(current, scope)
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: current.id.description, client: current, scope: granted.scope, audience: granted.audience),
            issued.stamp)
        return TokenReply(
            accessToken: token.text, expiresIn: token.expiresIn, scope: granted.scope, separateScope: granted.separate)
    }

    private func grant(_ client: Client, _ scope: Scope?) throws -> TokenGrant {
        guard client.kind == .confidential, client.grants.contains(.clientCredentials) else {
            throw Refusal(.unauthorizedClient, "This client may not use the client_credentials grant.")
        }
        let held = try client.grantedScope(requested: scope, user: nil)
        return try client.tokenGrant(held: held, user: nil, settings: settings)
    }

    /// A test token for a user, without a session: it cannot be refreshed, and it is revoked like any other by `jti`,
    /// user, client, key or `all`.
    /// - Parameter lifetime: 30 s to 3600 s.
    /// - Throws: ``Refusal`` `invalidRequest` for a lifetime out of range or a disabled user.
    package func mint(
        subject: User, client: Client, scope: Scope, audience: [String]?, lifetime: Duration, actor: Actor
    ) async throws -> TokenReply {
        guard lifetime >= Settings.Tokens.shortestLifetime, lifetime <= Settings.Tokens.longestLifetime else {
            throw Refusal(.invalidRequest, "The lifetime of a token must be 30 to 3600 seconds.")
        }
        guard !subject.disabled else { throw Refusal(.invalidRequest, "This user is disabled.") }
        guard !scope.tokens.contains(where: { $0.hasPrefix(Scope.latchkeyPrefix) }) else {
            throw Refusal(.invalidScope, "A minted token carries no latchkey scope: sign in to get one.")
        }
        if let audience, audience.isEmpty || !audience.allSatisfy(AudienceForm.isValid) {
            throw Refusal(
                .invalidRequest, "An audience is an absolute URI or a plain name; leave it out for the client's.")
        }
        let horizon = try await store.revocationState().tokenHorizon
        if lifetime > settings.tokens.accessLifetime {
            // Also cancels a pending lowering: this token must be covered until it has expired.
            try await store.setTokenHorizon(max(lifetime, horizon), skew: settings.tokens.maxSkew)
        }
        let issued = try await IssuanceLoop(clock: clock).run {
            try await store.issueForUser(subject.id, client: client.id)
        }
        let current = issued.client
        // Read after the instant was set: everything that the user lost before it is seen here, and every later loss
        // has an entry that matches this token.
        guard let subject = try await store.user(.id(subject.id)), !subject.disabled else {
            throw Refusal(.notFound, "There is no such user.")
        }
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: subject.id.description, client: current,
                scope: scope,
                audience: try audience ?? current.tokenGrant(held: scope, user: subject, settings: settings).audience,
                roles: subject.roles, lifetime: lifetime),
            issued.stamp)
        try await store.appendAudit(
            AuditEvent(
                .tokenMinted, at: issued.stamp.issuedAt, actor: actor, user: subject.id, client: current.id,
                details: ["jti": token.claims.tokenID.description]))
        return TokenReply(accessToken: token.text, expiresIn: token.expiresIn, scope: scope)
    }
}
