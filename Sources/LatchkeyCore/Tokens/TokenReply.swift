package import LatchkeyTokens

/// What a token response says (RFC 6749 5.1).
package struct TokenReply: Sendable {
    /// Compact JWS, ASCII.
    package let accessToken: [UInt8]
    /// Seconds.
    package let expiresIn: Int
    /// What was granted to this access token.
    package let scope: Scope
    /// `nil`: the client keeps the one it has, or gets none.
    package let refreshToken: RefreshTokenString?
    /// Seconds until the session ends if it is not used: the earlier of idle and absolute expiry.
    package let refreshExpiresIn: Int?
    package let session: SessionID?
    package let transport: Session.Transport?

    package init(
        accessToken: [UInt8], expiresIn: Int, scope: Scope, refreshToken: RefreshTokenString? = nil,
        refreshExpiresIn: Int? = nil, session: SessionID? = nil, transport: Session.Transport? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.scope = scope
        self.refreshToken = refreshToken
        self.refreshExpiresIn = refreshExpiresIn
        self.session = session
        self.transport = transport
    }
}
