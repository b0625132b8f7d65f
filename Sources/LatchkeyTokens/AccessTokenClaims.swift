/// The claims of an access token, RFC 9068 section 2.2, with `sid` and `roles`.
public struct AccessTokenClaims: Sendable, Hashable {
    /// `iss`: the issuer's URL, compared byte for byte.
    public var issuer: String
    /// `sub`: a user's id, or the client's own id when no user is involved (client credentials).
    public var subject: String
    /// `aud`: at least one; a single one is written as a string.
    public var audience: [String]
    /// `exp`: the token is refused from this second on.
    public var expiresAt: Timestamp
    /// `iat`
    public var issuedAt: Timestamp
    /// `nbf`: read and enforced, never issued by us.
    public var notBefore: Timestamp?
    /// `jti`
    public var tokenID: TokenID
    /// `client_id`
    public var clientID: ClientID
    /// `scope`: left out when empty.
    public var scope: Scope
    /// `sid`: nil for client credentials.
    public var sessionID: SessionID?
    /// `auth_time`: when the user last authenticated.
    public var authenticatedAt: Timestamp?
    /// `amr`, RFC 8176: left out when empty.
    public var authenticationMethods: [String]
    /// `roles`: left out when empty.
    public var roles: [String]

    /// Claims to be signed. Instants are written as whole seconds, rounded down.
    public init(
        issuer: String,
        subject: String,
        audience: [String],
        expiresAt: Timestamp,
        issuedAt: Timestamp,
        tokenID: TokenID,
        clientID: ClientID,
        scope: Scope,
        sessionID: SessionID? = nil,
        authenticatedAt: Timestamp? = nil,
        authenticationMethods: [String] = [],
        roles: [String] = []
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.clientID = clientID
        self.scope = scope
        self.sessionID = sessionID
        self.authenticatedAt = authenticatedAt
        self.authenticationMethods = authenticationMethods
        self.roles = roles
    }

    /// The user whom the token speaks for; nil when ``subject`` is a client.
    public var userID: UserID? { UserID(subject) }

    /// The JSON payload.
    public func encode() -> [UInt8] {
        JSONWriter.object(reserving: 640) { json in
            json.member("iss", issuer)
            json.member("sub", subject)
            if audience.count == 1 { json.member("aud", audience[0]) } else { json.member("aud", audience) }
            json.member("exp", expiresAt.seconds)
            json.member("iat", issuedAt.seconds)
            if let notBefore { json.member("nbf", notBefore.seconds) }
            json.member("jti", tokenID.description)
            json.member("client_id", clientID.description)
            if !scope.isEmpty { json.member("scope", scope.description) }
            if let sessionID { json.member("sid", sessionID.description) }
            if let authenticatedAt { json.member("auth_time", authenticatedAt.seconds) }
            if !authenticationMethods.isEmpty { json.member("amr", authenticationMethods) }
            if !roles.isEmpty { json.member("roles", roles) }
        }
    }
}
