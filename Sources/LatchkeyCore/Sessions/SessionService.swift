import LatchkeyTokens
package import Logging

/// Sign-in, refresh and sign-out: the conversation between clients, passwords, sessions and tokens. Each capability has
/// a file of its own.
package struct SessionService: Sendable {
    let store: any Store
    let masterKeys: MasterKeyRing
    let issuer: AccessTokenIssuer
    let passwords: PasswordVerifier
    let policy: PasswordPolicy
    let throttle: LoginThrottle
    let settings: Settings
    let clock: Clock
    let logger: Logger

    package init(
        store: any Store, masterKeys: MasterKeyRing, issuer: AccessTokenIssuer, passwords: PasswordVerifier,
        policy: PasswordPolicy, throttle: LoginThrottle, settings: Settings, clock: Clock, logger: Logger
    ) {
        self.store = store
        self.masterKeys = masterKeys
        self.issuer = issuer
        self.passwords = passwords
        self.policy = policy
        self.throttle = throttle
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    func idleLifetime(of client: Client) -> Duration {
        client.idleLifetime ?? settings.refresh.idleLifetime
    }

    /// Signs the access token for a session and adds the refresh token of `generation`, if there is one to give.
    func reply(
        record: SessionRecord, requested: Scope?, generation: UInt32?, issuedAt: Timestamp, keyVersion: Int64
    ) async throws -> TokenReply {
        let session = record.session
        let grant = try record.client.tokenGrant(
            held: session.scope, requested: requested, user: record.user, settings: settings)
        let token = try await issuer.issue(
            AccessTokenOrder(
                subject: session.user.description, client: record.client, scope: grant.scope,
                audience: grant.audience, session: session, roles: record.user.roles),
            issuedAt: issuedAt, keyVersion: keyVersion)
        let refreshToken = try generation.map {
            try RefreshToken.derive(session: session.id, generation: $0, nonce: session.nonce, keys: masterKeys)
        }
        let idleEnd = session.lineage.rotatedAt + idleLifetime(of: record.client)
        let end = min(session.expiresAt, idleEnd)
        return TokenReply(
            accessToken: token.text, expiresIn: token.expiresIn, scope: grant.scope, refreshToken: refreshToken,
            refreshExpiresIn: Int(max(0, end.seconds - issuedAt.seconds)), session: session.id,
            transport: session.transport)
    }
}
