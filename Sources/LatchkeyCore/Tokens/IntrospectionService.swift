package import LatchkeyTokens

/// The result of an introspection (RFC 7662 2.2).
package enum Introspection: Sendable {
    /// Exactly `{"active":false}`: unknown, expired, revoked, or not the caller's concern.
    case inactive
    case accessToken(AccessTokenClaims)
    /// A refresh token of the current generation; `expiresAt` is the earlier of idle and absolute expiry.
    case refreshToken(SessionRecord, expiresAt: Timestamp)
}

/// Describes a token to a confidential client (RFC 7662). It changes nothing and is no oracle: a token that does not
/// concern the caller looks like garbage.
package final class IntrospectionService: Sendable {
    private let bearer: BearerVerifier
    private let sessions: SessionService
    private let settings: Settings
    private let clock: Clock

    package init(bearer: BearerVerifier, sessions: SessionService, settings: Settings, clock: Clock) {
        self.bearer = bearer
        self.sessions = sessions
        self.settings = settings
        self.clock = clock
    }

    /// - Parameter caller: an authenticated confidential client.
    /// - Throws: ``Refusal`` `temporarily_unavailable` while this node cannot know what was revoked on others.
    package func introspect(token: String, caller: Client) async throws -> Introspection {
        if token.beginsWithBytes(of: RefreshToken.prefix) { return try await refreshToken(token, caller: caller) }
        guard let verified = try bearer.live(token) else { return .inactive }
        let claims = verified.claims
        guard claims.clientID == caller.id || concerns(claims.audience, caller) else { return .inactive }
        if claims.sessionID != nil {
            do { _ = try await bearer.session(of: verified) } catch is Refusal { return .inactive }
        }
        return .accessToken(claims)
    }

    private func concerns(_ audience: [String], _ caller: Client) -> Bool {
        audience.containsBytes(of: caller.id.description)
            || caller.audiences.contains { audience.containsBytes(of: $0) }
    }

    private func refreshToken(_ token: String, caller: Client) async throws -> Introspection {
        guard let found = try await sessions.lookup(refreshToken: token) else { return .inactive }
        let session = found.record.session
        let idle = caller.idleLifetime ?? settings.refresh.idleLifetime
        guard session.client == caller.id, found.generation == session.lineage.current,
            SessionValidity.judge(found.record, idleLifetime: idle, now: clock.now()) == .valid
        else { return .inactive }
        return .refreshToken(found.record, expiresAt: min(session.expiresAt, session.lineage.rotatedAt + idle))
    }
}
