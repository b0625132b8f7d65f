package import LatchkeyTokens

extension RevocationLog {
    /// Signs out by an access token: ends its session, or revokes only the token if it has no session. Durable on
    /// return.
    /// - Returns: the token's claims, even if its session was already over.
    /// - Throws: ``Refusal`` `invalid_token`, `temporarily_unavailable`.
    package func logOut(accessToken text: String) async throws -> AccessTokenClaims {
        let claims: AccessTokenClaims
        do {
            claims = try bearer.verify(text).claims
        } catch let refusal as Refusal where refusal.code == .invalidToken {
            guard let ended = try await bearer.claimsOfEndedSession(text) else { throw refusal }
            return ended
        }
        let actor: Actor = claims.userID.map { .user($0) } ?? .client(claims.clientID)
        if let session = claims.sessionID,
            try await sessions.end(session, reason: .logout, actor: actor) != .unknownTarget
        {
            return claims
        }
        // Without a session, or when its row is already gone: the presented token must be revoked anyway.
        let target = RevocationTarget.token(claims.tokenID, session: nil, expiresAt: claims.expiresAt)
        _ = try await revoke(RevocationOrder(target, reason: .logout, actor: actor))
        return claims
    }
}

extension BearerVerifier {
    /// Logging out twice is fine: the second time the token is genuine and unexpired, and its session is over. A token
    /// that was revoked individually, or has expired, proves no such thing.
    fileprivate func claimsOfEndedSession(_ text: String) async throws -> AccessTokenClaims? {
        guard let claims = try? genuine(text).claims, let id = claims.sessionID else { return nil }
        guard let record = try await store.session(id) else { return claims }
        return SessionValidity.judge(record, idleLifetime: nil, now: clock.now()) == .valid ? nil : claims
    }
}
