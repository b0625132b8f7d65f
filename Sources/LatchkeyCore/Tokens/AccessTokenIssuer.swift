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

/// The content of an ID token.
package struct IDTokenOrder: Sendable {
    package var client: Client
    package var session: Session
    /// Of the authorization request; `nil` after a refresh.
    package var nonce: String?
    /// Claims about the user, of which those are signed that fit.
    package var profile: [UserClaims.Claim] = []

    package init(client: Client, session: Session, nonce: String?) {
        self.client = client
        self.session = session
        self.nonce = nonce
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
        let signer = try await signer(order.client.algorithm ?? settings.tokens.algorithm, stamp)
        var claims = AccessTokenClaims(
            issuer: settings.issuer, subject: order.subject, audience: order.audience,
            expiresAt: stamp.issuedAt + lifetime(of: order), issuedAt: stamp.issuedAt, tokenID: .generate(),
            clientID: order.client.id, scope: order.scope, sessionID: order.session?.id,
            authenticatedAt: order.session?.authenticatedAt,
            authenticationMethods: order.session?.authenticationMethods ?? [],
            roles: order.roles)
        claims.authenticationClass = order.session?.authenticationClass
        if let statusLists { claims.status = try await statusLists.reserve(for: claims, keyID: signer.id) }
        return SignedAccessToken(
            text: try signer.sign(claims, type: order.client.accessTokenType), claims: claims)
    }

    /// Signs the ID token that goes with an access token (OpenID Connect Core 2). Its `auth_time` is that of the sign-in,
    /// also after a refresh (12.2).
    package func issueIDToken(
        _ order: IDTokenOrder, with accessToken: SignedAccessToken, _ stamp: IssuanceStamp
    ) async throws -> [UInt8] {
        let signer = try await signer(order.client.signsIDTokensWith, stamp)
        let session = order.session
        var claims = IDTokenClaims(
            issuer: settings.issuer, subject: session.user, client: order.client.id,
            expiresAt: stamp.issuedAt + Settings.Tokens.idTokenLifetime, issuedAt: stamp.issuedAt,
            authenticatedAt: session.authenticatedAt, sessionID: session.id,
            authenticationClass: session.authenticationClass ?? AuthorizationRequest.authenticationClasses[0],
            authenticationMethods: session.authenticationMethods, nonce: order.nonce,
            accessTokenHash: IDTokenClaims.hash(of: accessToken.text, algorithm: signer.algorithm))
        if !order.profile.isEmpty {
            let room = signer.longestPayload(ofIDTokenWith: IDTokenProfile.longestToken) - claims.encode().count
            claims.profile = IDTokenProfile.fitting(order.profile, room: room).map { ($0.name, $0.value) }
        }
        return try signer.sign(claims)
    }

    private func signer(
        _ algorithm: JWSAlgorithm, _ stamp: IssuanceStamp
    ) async throws -> KeyRingSnapshot.Signer {
        if ring.current.version < stamp.keyVersion { try await keys.reload(atLeast: stamp.keyVersion) }
        if ring.current.signer(for: algorithm) == nil { try await keys.ensure(algorithm) }
        guard let signer = ring.current.signer(for: algorithm) else {
            throw StoreUnavailable("no active signing key for \(algorithm.rawValue)")
        }
        return signer
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
    /// Compact JWS, ASCII; `nil` for a session that did not begin with a code, and without the scope `openid`.
    package let idToken: [UInt8]?

    package init(
        accessToken: [UInt8], expiresIn: Int, scope: Scope, separateScope: Scope = Scope(),
        refreshToken: RefreshTokenString? = nil, refreshExpiresIn: Int? = nil, session: SessionID? = nil,
        transport: Session.Transport? = nil, idToken: [UInt8]? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.scope = scope
        self.separateScope = separateScope
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
        self.session = session
        self.transport = transport
        self.idToken = idToken
    }
}
