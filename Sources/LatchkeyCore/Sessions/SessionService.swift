package import LatchkeyTokens
package import Logging

/// Sign-in, refresh and sign-out: the conversation between clients, passwords, sessions and tokens. Login, refresh,
/// the user's own account and the explanation of a session have files of their own.
package struct SessionService: Sendable {
    let store: any Store
    let masterKeys: MasterKeyRing
    let issuer: AccessTokenIssuer
    let passwords: PasswordVerifier
    let foreignHashes: ForeignHashes
    let policy: PasswordPolicy
    let throttle: LoginThrottle
    let audit: AuditTrail
    let settings: Settings
    let clock: Clock
    let logger: Logger
    /// For this process only; forgotten at a restart.
    package let reuses = ReuseWatch()

    package init(
        store: any Store, masterKeys: MasterKeyRing, issuer: AccessTokenIssuer, passwords: PasswordVerifier,
        foreignHashes: ForeignHashes, policy: PasswordPolicy, throttle: LoginThrottle, audit: AuditTrail,
        settings: Settings, clock: Clock,
        logger: Logger
    ) {
        self.store = store
        self.masterKeys = masterKeys
        self.issuer = issuer
        self.passwords = passwords
        self.foreignHashes = foreignHashes
        self.policy = policy
        self.throttle = throttle
        self.audit = audit
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// How long a session of the client may stay unused.
    package func idleLifetime(of client: Client) -> Duration {
        client.idleLifetime ?? settings.refresh.idleLifetime
    }

    func absoluteLifetime(of client: Client) -> Duration {
        client.absoluteLifetime ?? settings.refresh.absoluteLifetime
    }

    /// Signs the access token for a session and adds the refresh token of `generation`, if there is one to send.
    /// - Parameters:
    ///   - key: the session's key, if it was already derived.
    ///   - nonce: of the authorization request, for the ID token.
    func reply(
        _ record: SessionRecord, _ grant: TokenGrant, _ stamp: IssuanceStamp, generation: UInt32?,
        key: RefreshTokenKey? = nil, nonce: String? = nil
    ) async throws -> TokenReply {
        let session = record.session
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: session.user.description, client: record.client, scope: grant.scope,
                audience: try audience(grant, session), session: session, roles: record.user.roles),
            stamp)
        let idToken = try await idToken(record, grant, with: token, nonce: nonce, stamp)
        let refreshToken = try generation.map { generation -> RefreshTokenString in
            if let key, key.slot == masterKeys.currentSlot { return key.token(generation: generation) }
            return try RefreshToken.derive(
                session: session.id, generation: generation, nonce: session.nonce, keys: masterKeys)
        }
        let idleEnd = session.lineage.rotatedAt + idleLifetime(of: record.client)
        let end = min(session.expiresAt, idleEnd)
        return TokenReply(
            accessToken: token.text, expiresIn: token.expiresIn, scope: grant.scope, separateScope: grant.separate,
            refreshToken: refreshToken, refreshExpiresIn: Int(max(0, end.seconds - stamp.issuedAt.seconds)),
            session: session.id, transport: session.transport, idToken: idToken)
    }

    /// The audience of a token, narrowed to what the sign-in asked for (RFC 8707 2.2). Tokens for our own API are not for
    /// services.
    /// - Throws: ``Refusal`` `invalid_target` when the client has lost all of it.
    private func audience(_ grant: TokenGrant, _ session: Session) throws(Refusal) -> [String] {
        guard !session.resources.isEmpty, grant.audience != [settings.apiAudience] else { return grant.audience }
        let narrowed = grant.audience.filter { session.resources.containsBytes(of: $0) }
        guard !narrowed.isEmpty else {
            throw Refusal(
                .invalidTarget, "None of the resources of the sign-in is an audience of this client any more.")
        }
        return narrowed
    }

    /// Only sessions that began with a code have ID tokens: an RSA signature costs as much as fifteen of the others.
    private func idToken(
        _ record: SessionRecord, _ grant: TokenGrant, with token: SignedAccessToken, nonce: String?,
        _ stamp: IssuanceStamp
    ) async throws -> [UInt8]? {
        guard record.session.beginning == .code, grant.scope.contains(Scope.openID) else { return nil }
        var order = IDTokenOrder(client: record.client, session: record.session, nonce: nonce)
        if record.client.idTokenClaims {
            order.profile = UserClaims.released(
                to: grant.scope, of: record.user, try await store.profile(of: record.user.id), settings.claims)
        }
        return try await issuer.issueIDToken(order, with: token, stamp)
    }
}

extension SessionService {
    /// Ends a session: its access tokens through the list, its refresh token at once. Idempotent. Durable on return.
    package func end(
        _ session: SessionID, reason: RevocationReason, actor: Actor
    ) async throws -> RevocationOutcome {
        try await store.revoke(RevocationOrder(.session(session), reason: reason, actor: actor))
    }

    /// Ends every session of a user except the current one.
    /// - Returns: how many ended.
    package func revokeOthers(user: UserID, keeping session: SessionID) async throws -> Int {
        let outcome = try await store.revoke(
            RevocationOrder(.otherSessions(user, keeping: session), reason: .user, actor: .user(user)))
        guard case .revoked(_, let ended) = outcome else { return 0 }
        return ended
    }
}
