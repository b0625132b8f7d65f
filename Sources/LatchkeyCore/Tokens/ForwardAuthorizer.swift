package import LatchkeyTokens

/// What the original request showed to the reverse proxy.
package enum ForwardedCredential: Sendable {
    /// Text of the session cookie, unchecked.
    case session(String)
    /// Text after `Bearer`, unchecked.
    case bearer(String)
}

/// What a reverse proxy requires before it lets a request through.
package struct ForwardDemand: Sendable {
    /// The client that session or token must belong to.
    package var client: ClientID?
    /// The audience that the token must be for. `client` or `audience` is always given, so that a token for another
    /// service never passes; without an audience the token must be for one of the client's audiences.
    package var audience: String?
    /// All of it is required.
    package var scope = Scope()
    /// All of them are required.
    package var roles: [String] = []
    /// Whether the upstream gets an access token of its own.
    package var mintsToken = false

    package init() {}
}

/// The identity behind a request that may pass.
package struct ForwardedIdentity: Sendable {
    /// `sub`: the user, or the client itself.
    package let subject: String
    package let session: SessionID?
    package let client: ClientID
    package let scope: Scope
    package let roles: [String]
    /// `nil` for a client's own token and for one without a session.
    package let userName: String?
    /// Compact JWS, ASCII; only if requested and if there is a session.
    package var token: [UInt8]?
}

package enum ForwardVerdict: Sendable {
    case allowed(ForwardedIdentity)
    /// No credential, or none that is valid here and now.
    case unauthenticated
    /// The caller is authenticated and may not do this.
    case forbidden
}

/// Judges requests for a reverse proxy: by the session row, or by the token and this process's own revocation index,
/// so that a revocation holds for the very next request.
package final class ForwardAuthorizer: Sendable {
    /// Lifetime of a minted token. Never more than that of the client's own tokens, because their revocation entries
    /// must cover it. Never beyond the token that it is minted for, or a thief could live on a stolen one forever.
    private static let mintedLifetime: Duration = .seconds(60)

    private let sessions: SessionService
    private let bearer: BearerVerifier
    private let store: any Store
    private let issuer: AccessTokenIssuer
    private let settings: Settings
    private let clock: Clock
    private let minted = MintedTokens()

    package init(
        sessions: SessionService, bearer: BearerVerifier, store: any Store, issuer: AccessTokenIssuer,
        settings: Settings, clock: Clock
    ) {
        self.sessions = sessions
        self.bearer = bearer
        self.store = store
        self.issuer = issuer
        self.settings = settings
        self.clock = clock
    }

    /// The verdict. A server session counts as used.
    /// - Throws: ``Refusal`` `clock_set_back` when a token must be minted, `temporarily_unavailable` while this node
    ///   cannot know what was revoked on others; ``StoreUnavailable``.
    package func judge(_ credential: ForwardedCredential?, _ demand: ForwardDemand) async throws -> ForwardVerdict {
        let found: Found?
        switch credential {
        case .session(let text): found = try await identify(session: text, demand)
        case .bearer(let text): found = try await identify(bearer: text, demand)
        case nil: found = nil
        }
        guard let found else { return .unauthenticated }
        var identity = found.identity
        guard demand.scope.isSubset(of: identity.scope),
            demand.roles.allSatisfy({ identity.roles.containsBytes(of: $0) })
        else {
            return .forbidden
        }
        if demand.mintsToken, let record = found.record {
            let scope = identity.scope.filter { !$0.hasPrefix(Scope.latchkeyPrefix) }
            // A token that opens our own API must not be handed to an upstream.
            guard !scope.isEmpty else { return .forbidden }
            guard
                let token = try await mint(
                    for: record, scope: scope, audience: demand.audience, notAfter: found.notAfter)
            else {
                return .unauthenticated
            }
            identity.token = token
        }
        return .allowed(identity)
    }

    // MARK: Credentials

    private struct Found {
        let identity: ForwardedIdentity
        let record: SessionRecord?
        /// When the credential itself expires; `nil` for a session.
        let notAfter: Timestamp?
    }

    private func identify(
        session text: String, _ demand: ForwardDemand
    ) async throws -> Found? {
        guard let session = try await sessions.use(sessionToken: text) else { return nil }
        let record = session.record
        guard demand.client == nil || demand.client == record.client.id,
            demand.audience.map({ record.client.tokenAudience(settings: settings).containsBytes(of: $0) }) ?? true
        else { return nil }
        return Found(identity: identity(of: record, scope: session.scope), record: record, notAfter: nil)
    }

    private func identify(
        bearer text: String, _ demand: ForwardDemand
    ) async throws -> Found? {
        let token: VerifiedToken
        var record: SessionRecord?
        do {
            token = try bearer.verify(text)
            if token.claims.sessionID != nil { record = try await bearer.session(of: token) }
        } catch let refusal as Refusal where refusal.code == .invalidToken {
            return nil
        }
        let claims = token.claims
        guard demand.client == nil || demand.client == claims.clientID,
            try await isFor(demand, claims, record?.client)
        else { return nil }
        guard let record else {
            // A right that the client itself has lost is lost at once, too. A token minted for a test keeps its
            // content.
            let isOwn = claims.subject == claims.clientID.description
            let allowed = isOwn ? try await store.client(claims.clientID)?.allowedScope ?? Scope() : claims.scope
            let identity = ForwardedIdentity(
                subject: claims.subject, session: nil, client: claims.clientID,
                scope: claims.scope.filter { allowed.contains($0) },
                roles: claims.roles, userName: nil)
            return Found(identity: identity, record: nil, notAfter: claims.expiresAt)
        }
        // A right that client or user have lost since the token was issued is lost at once.
        let scope = record.client.scopeStillHeld(claims.scope, by: record.user)
        return Found(identity: identity(of: record, scope: scope), record: record, notAfter: claims.expiresAt)
    }

    /// Whether the token's audience is the requested one and still the client's; without a requested audience, whether
    /// it is the client's.
    private func isFor(_ demand: ForwardDemand, _ claims: AccessTokenClaims, _ client: Client?) async throws -> Bool {
        var client = client
        if client == nil { client = try await store.client(claims.clientID) }
        guard let client, !client.disabled else { return false }
        if let audience = demand.audience {
            return claims.audience.containsBytes(of: audience) && self.audience(audience, of: client) != nil
        }
        return client.tokenAudience(settings: settings).contains { claims.audience.containsBytes(of: $0) }
    }

    private func identity(of record: SessionRecord, scope: Scope) -> ForwardedIdentity {
        ForwardedIdentity(
            subject: record.user.id.description, session: record.session.id, client: record.client.id, scope: scope,
            roles: record.user.roles, userName: record.user.name)
    }

    // MARK: Minting

    /// - Parameter audience: the requested one, because an upstream must not be able to act at the client's other
    ///   audiences; `nil` for all of the client's.
    /// - Returns: `nil` when session or credential have ended since they were read, or the client has lost the
    ///   audience.
    private func mint(
        for record: SessionRecord, scope: Scope, audience: String?, notAfter: Timestamp?
    ) async throws -> [UInt8]? {
        guard let wanted = self.audience(audience, of: record.client) else { return nil }
        let key = MintedTokens.Key(
            session: record.session.id, scope: scope, roles: record.user.roles, audience: wanted, notAfter: notAfter)
        // Verified again each time: the index of this process rejects revoked tokens.
        if let text = minted.text(key, now: clock.now()), (try? bearer.verify(text)) != nil { return Array(text.utf8) }
        let use = SessionUse(session: record.session.id, idleLifetime: nil, notedAfter: nil, issuesToken: true)
        let outcome = try await IssuanceLoop(clock: clock).run { try await store.useSession(use) }
        guard case .live(let current, let stamp?) = outcome, let granted = self.audience(audience, of: current.client)
        else {
            return nil
        }
        let lifetimes = [
            Self.mintedLifetime, current.client.accessLifetime ?? settings.tokens.accessLifetime,
            notAfter.map { $0 - stamp.issuedAt } ?? Self.mintedLifetime,
        ]
        guard let lifetime = lifetimes.min(), lifetime >= .seconds(1) else { return nil }
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: current.user.id.description, client: current.client,
                scope: current.client.scopeStillHeld(scope, by: current.user),
                audience: granted, session: current.session,
                roles: current.user.roles, lifetime: lifetime),
            stamp)
        minted.keep(String(decoding: token.text, as: UTF8.self), key, now: clock.now())
        return token.text
    }

    /// `nil` when the client's tokens are not for this audience.
    private func audience(_ wanted: String?, of client: Client) -> [String]? {
        let all = client.tokenAudience(settings: settings)
        guard let wanted else { return all }
        return all.containsBytes(of: wanted) ? [wanted] : nil
    }
}
