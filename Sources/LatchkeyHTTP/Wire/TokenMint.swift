/// `POST /api/v1/admin/tokens`: an access token without a session, for tests and scripts. Audited.
package struct TokenMint: Codable, Sendable {
    /// Id or name of the user it speaks for.
    package let user: String
    package let clientID: String
    /// Space-separated. Absent: the client's default.
    package let scope: String?
    /// Absent: what the client's tokens carry.
    package let audience: [String]?
    /// Seconds, 30 to 3600. Absent: the client's setting.
    package let expiresIn: Int64?

    package init(
        user: String, clientID: String, scope: String? = nil, audience: [String]? = nil, expiresIn: Int64? = nil
    ) {
        self.user = user
        self.clientID = clientID
        self.scope = scope
        self.audience = audience
        self.expiresIn = expiresIn
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case user, scope, audience
        case clientID = "client_id"
        case expiresIn = "expires_in"
    }
}

/// The minted token (201).
package struct TokenMinted: Codable, Sendable {
    package let accessToken: SecretText
    /// `Bearer`.
    package let tokenType: String
    /// Seconds.
    package let expiresIn: Int
    package let scope: String

    package init(accessToken: SecretText, expiresIn: Int, scope: String) {
        self.accessToken = accessToken
        self.tokenType = "Bearer"
        self.expiresIn = expiresIn
        self.scope = scope
    }

    enum CodingKeys: String, CodingKey {
        case scope
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }
}
