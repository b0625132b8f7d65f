/// `POST /api/v1/admin/tokens`: an access token without a session, for tests and scripts. Audited.
package struct TokenMint: WireObject {
    package let user: String
    package let clientID: String
    package let scope: String?
    package let audience: [String]?
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

    package static let schema = ObjectSchema(
        body: "TokenMint", "A token to mint.", TokenMint.init,
        Member("user", \.user, "Id or name.", as: .user),
        Member("client_id", \.clientID, as: .clientID),
        Member("scope", \.scope, "Separated by spaces. Absent: the client's default.", as: .scope),
        Member(
            "audience", \.audience, "URIs or plain names. Absent: the audiences of the client's tokens.",
            as: .list(.text(Lengths(1, most: 256)), Lengths(1))),
        Member("expires_in", \.expiresIn, "Seconds. Absent: the client's setting.", as: .accessLifetime))
}

/// The minted token (201).
package struct TokenMinted: WireObject {
    package let accessToken: SecretText
    package var tokenType = "Bearer"
    package let expiresIn: Int
    package let scope: String

    package static let schema = ObjectSchema(
        resource: "TokenMinted", "A minted token.", TokenMinted.init,
        Member("access_token", \.accessToken),
        Member("token_type", \.tokenType, as: .choice(["Bearer"])),
        Member("expires_in", \.expiresIn, "Seconds."),
        Member("scope", \.scope))
}
