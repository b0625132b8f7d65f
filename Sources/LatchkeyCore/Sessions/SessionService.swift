package import LatchkeyTokens
package import Logging

/// Sign-in, refresh and sign-out: the conversation between clients, passwords, sessions and tokens. Login, refresh and
/// the explanation of a session have files of their own.
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

    func idleLifetime(of client: Client) -> Duration {
        client.idleLifetime ?? settings.refresh.idleLifetime
    }

    func absoluteLifetime(of client: Client) -> Duration {
        client.absoluteLifetime ?? settings.refresh.absoluteLifetime
    }

    /// Signs the access token for a session and adds the refresh token of `generation`, if there is one to give.
    /// - Parameter key: the session's, where it was derived already.
    func reply(
        record: SessionRecord, requested: Scope?, generation: UInt32?, key: RefreshTokenKey? = nil,
        issuedAt: Timestamp, keyVersion: Int64
    ) async throws -> TokenReply {
        let session = record.session
        let grant = try record.client.tokenGrant(
            held: session.scope, requested: requested, user: record.user, settings: settings)
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: session.user.description, client: record.client, scope: grant.scope,
                audience: grant.audience, session: session, roles: record.user.roles),
            issuedAt: issuedAt, keyVersion: keyVersion)
        let refreshToken = try generation.map { generation -> RefreshTokenString in
            if let key, key.slot == masterKeys.currentSlot { return key.token(generation: generation) }
            return try RefreshToken.derive(
                session: session.id, generation: generation, nonce: session.nonce, keys: masterKeys)
        }
        let idleEnd = session.lineage.rotatedAt + idleLifetime(of: record.client)
        let end = min(session.expiresAt, idleEnd)
        return TokenReply(
            accessToken: token.text, expiresIn: token.expiresIn, scope: grant.scope, refreshToken: refreshToken,
            refreshExpiresIn: Int(max(0, end.seconds - issuedAt.seconds)), session: session.id,
            transport: session.transport)
    }
}

extension SessionService {
    /// Ends a session: its access tokens through the list, its refresh token at once. Idempotent. Durable on return.
    package func end(
        _ session: SessionID, reason: RevocationReason, actor: Actor
    ) async throws -> RevocationOutcome {
        try await store.revoke(RevocationOrder(.session(session), reason: reason, actor: actor))
    }

    /// Ends every session of a user but the one that asks.
    /// - Returns: how many ended.
    package func revokeOthers(user: UserID, keeping session: SessionID) async throws -> Int {
        let outcome = try await store.revoke(
            RevocationOrder(.otherSessions(user, keeping: session), reason: .user, actor: .user(user)))
        guard case .revoked(_, let ended) = outcome else { return 0 }
        return ended
    }
}

extension SessionService {
    /// Changes the caller's password: ends all the user's sessions in one transaction, then signs in anew in a second
    /// one, on the transport of the session that asked. Durable on return.
    ///
    /// - Throws: ``Refusal`` `invalid_credentials` for a wrong current password (throttled like a login),
    ///   `password_rejected`, `too_many_attempts`.
    package func changePassword(
        session: SessionRecord, current: Password, new: Password, network: String, sharedNetwork: Bool = false
    ) async throws -> TokenReply {
        let user = session.user
        guard let record = try await store.loginRecord(user: user.id) else { throw Self.wrongCredentials }
        let admission = try await throttle.admit(.known(user), network: network, sharedPeer: sharedNetwork)
        defer { admission.release() }
        let comparison = try await passwords.compare(
            password: current, stored: record.credential.hash, network: network)
        guard case .match = comparison.verdict else {
            try await throttle.failed(
                admission,
                event: AuditEvent(
                    .loginFailed, at: clock.now(), actor: .user(session.user.id), user: session.user.id,
                    session: session.session.id, client: session.client.id, network: network))
            try await foreignHashes.holdRefusal(after: comparison)
            throw Self.wrongCredentials
        }
        try policy.check(new, userName: try UserName(session.user.name))
        guard new.bytes != current.bytes else {
            throw Refusal(.passwordRejected, "The new password has to be another one.")
        }
        let hash = try await passwords.hash(password: new, network: network)
        let credential = try await store.setPassword(
            session.user.id, hash: hash, ifVersion: record.credential.version, mustChange: false,
            actor: .user(session.user.id))
        // What the old session held, unless the user has lost part of it since.
        let held = session.session.scope.filter { token in
            (try? session.client.grantedScope(requested: Scope(token), user: session.user)) != nil
        }
        return try await begin(
            user: session.user, version: credential.version, client: session.client, scope: held,
            transport: session.session.transport, deviceName: session.session.deviceName, network: network,
            resetting: admission.resetOnSuccess)
    }
}
