package import LatchkeyTokens

/// The entry point of revocation: checks the request, then passes it to the store's one `revoke`, which ends refresh
/// tokens and writes entries in one transaction. The feed has the entries when a method here returns.
package struct RevocationLog: Sendable {
    let store: any Store
    let bearer: BearerVerifier
    let sessions: SessionService
    private let keys: KeyRotationService

    package init(
        store: any Store, bearer: BearerVerifier, sessions: SessionService, keys: KeyRotationService
    ) {
        self.store = store
        self.bearer = bearer
        self.sessions = sessions
        self.keys = keys
    }

    /// Revokes on behalf of a user or an administrator. Durable on return.
    /// - Throws: ``Refusal`` `not_found` for a session, user or client that does not exist.
    package func revoke(_ order: RevocationOrder) async throws -> RevocationOutcome {
        let outcome = try await store.revoke(order)
        guard outcome != .unknownTarget else {
            throw Refusal(.notFound, "There is no such session, user or client.")
        }
        return outcome
    }

    /// Revokes a token that an administrator holds: an access token by its `jti`, a refresh token with its session.
    /// - Throws: ``Refusal`` `invalid_request` for text that is not a token of this server.
    package func revoke(token text: String, note: String?, actor: Actor) async throws -> RevocationOutcome {
        if text.utf8.starts(with: RefreshToken.prefix.utf8) {
            guard let found = try await sessions.lookup(refreshToken: text) else {
                throw Refusal(.invalidRequest, "This is not a refresh token of this server.")
            }
            return try await store.revoke(
                RevocationOrder(.session(found.record.session.id), reason: .admin, note: note, actor: actor))
        }
        guard let claims = try bearer.presented(text)?.claims else { return .nothingToRevoke }
        return try await store.revoke(
            RevocationOrder(
                .token(claims.tokenID, session: claims.sessionID, expiresAt: claims.expiresAt), reason: .admin,
                note: note, actor: actor))
    }

    /// Condemns a key that no longer signs. A key that may still sign needs a successor at once, so it goes through the
    /// emergency rotation.
    /// - Throws: ``Refusal`` `conflict` for a key that is announced or active, `not_found`.
    package func revokeKey(_ id: KeyID, actor: Actor) async throws {
        let key = try await store.keyTable(includingGone: true).keys.first { $0.id == id }
        guard let key else { throw Refusal(.notFound, "There is no signing key with this kid.") }
        guard key.state != .active, key.state != .announced else {
            throw Refusal(
                .conflict,
                "This key may still sign. Run keys rotate --emergency --only with its kid: that replaces it and condemns it."
            )
        }
        try await keys.emergency(only: id, actor: actor)
    }

    /// RFC 7009: revokes any genuine token of the caller's own. A refresh token ends its session; an access token gets
    /// an entry by `jti`. Anything else is left alone, and the caller is not told which.
    /// - Throws: ``Refusal`` `temporarily_unavailable` while this node cannot tell what is live.
    package func revokePresented(_ token: String, caller: Client) async throws {
        if token.beginsWithBytes(of: RefreshToken.prefix) {
            guard let found = try await sessions.lookup(refreshToken: token),
                found.record.session.client == caller.id
            else { return }
            _ = try await store.revoke(
                RevocationOrder(
                    .session(found.record.session.id), reason: .tokenRevoked, actor: .client(caller.id)))
            return
        }
        guard let verified = try bearer.live(token), verified.claims.clientID == caller.id else { return }
        let claims = verified.claims
        _ = try await store.revoke(
            RevocationOrder(
                .token(claims.tokenID, session: claims.sessionID, expiresAt: claims.expiresAt),
                reason: .tokenRevoked, actor: .client(caller.id)))
    }
}
