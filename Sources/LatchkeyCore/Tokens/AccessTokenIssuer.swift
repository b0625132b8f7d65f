package import LatchkeyTokens

/// The content of an access token, before it has an instant and a signature.
package struct AccessTokenOrder: Sendable {
    package var subject: String
    package var client: Client
    package var scope: Scope
    package var audience: [String]
    package var session: Session?
    package var roles: [String]
    /// `nil` for the client's or the issuer's. Never more than ``Settings/Tokens/longestLifetime``.
    package var lifetime: Duration?

    package init(
        subject: String, client: Client, scope: Scope, audience: [String], session: Session? = nil,
        roles: [String] = [], lifetime: Duration? = nil
    ) {
        self.subject = subject
        self.client = client
        self.scope = scope
        self.audience = audience
        self.session = session
        self.roles = roles
        self.lifetime = lifetime
    }
}

/// A signed access token.
package struct SignedAccessToken: Sendable {
    /// Compact JWS, ASCII.
    package let text: [UInt8]
    package let claims: AccessTokenClaims
    /// Seconds from `iat` to `exp`.
    package var expiresIn: Int { Int(claims.expiresAt.seconds - claims.issuedAt.seconds) }
}

/// Signs access tokens (RFC 9068) for facts that are already on disk.
package final class AccessTokenIssuer: Sendable {
    private let settings: Settings
    private let ring: KeyRing
    private let keys: KeyRotationService
    private let statusLists: StatusLists?

    /// - Parameter statusLists: `nil` for tokens without a `status` claim.
    package init(settings: Settings, ring: KeyRing, keys: KeyRotationService, statusLists: StatusLists? = nil) {
        self.settings = settings
        self.ring = ring
        self.keys = keys
        self.statusLists = statusLists
    }

    /// Signs for the instant of the stamp, however much later this runs. A key ring that is older than the stamp is
    /// reloaded first.
    ///
    /// With status lists, the token's place is on disk before the token is signed: one more commit, shared like every
    /// other.
    package func issue(
        _ order: AccessTokenOrder, _ stamp: IssuanceStamp
    ) async throws -> SignedAccessToken {
        if ring.current.version < stamp.keyVersion { try await keys.reload(atLeast: stamp.keyVersion) }
        let algorithm = order.client.algorithm ?? settings.tokens.algorithm
        if ring.current.signer(for: algorithm) == nil { try await keys.ensure(algorithm) }
        guard let signer = ring.current.signer(for: algorithm) else {
            throw StoreUnavailable("no active signing key for \(algorithm.rawValue)")
        }
        var claims = AccessTokenClaims(
            issuer: settings.issuer, subject: order.subject, audience: order.audience,
            expiresAt: stamp.issuedAt + lifetime(of: order), issuedAt: stamp.issuedAt, tokenID: .generate(),
            clientID: order.client.id, scope: order.scope, sessionID: order.session?.id,
            authenticatedAt: order.session?.createdAt,
            authenticationMethods: order.session?.authenticationMethods ?? [],
            roles: order.roles)
        if let statusLists { claims.status = try await statusLists.reserve(for: claims, keyID: signer.id) }
        return SignedAccessToken(text: try signer.sign(claims), claims: claims)
    }

    /// The configured lifetime less up to 5 %, so that clients that signed in together do not refresh in step.
    private func lifetime(of order: AccessTokenOrder) -> Duration {
        if let exact = order.lifetime { return min(exact, Settings.Tokens.longestLifetime) }
        let configured = order.client.accessLifetime ?? settings.tokens.accessLifetime
        let seconds = min(configured, Settings.Tokens.longestLifetime).components.seconds
        return .seconds(seconds - Int64.random(in: 0...(seconds / 20)))
    }
}

/// The content of a token response (RFC 6749 5.1).
package struct TokenReply: Sendable {
    /// Compact JWS, ASCII.
    package let accessToken: [UInt8]
    /// Seconds.
    package let expiresIn: Int
    /// The scope of this access token.
    package let scope: Scope
    /// As ``TokenGrant/separate``.
    package let separateScope: Scope
    /// `nil` when the client keeps its current one, or gets none.
    package let refreshToken: RefreshTokenString?
    /// Seconds until the session ends unless it is used: the earlier of idle and absolute expiry.
    package let refreshExpiresIn: Int?
    package let session: SessionID?
    package let transport: Session.Transport?

    package init(
        accessToken: [UInt8], expiresIn: Int, scope: Scope, separateScope: Scope = Scope(),
        refreshToken: RefreshTokenString? = nil, refreshExpiresIn: Int? = nil, session: SessionID? = nil,
        transport: Session.Transport? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.scope = scope
        self.separateScope = separateScope
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
        self.session = session
        self.transport = transport
    }
}
