/// The values of a token that the six kinds of entries match, in about a hundred bytes: for code that keeps many tokens
/// and checks them repeatedly.
package struct RevocationSubject: Sendable, Hashable {
    let tokenID: CompactTokenID
    let sessionID: SessionID?
    let userID: UserID?
    let clientID: ClientID
    let keyID: KeyID
    /// `iat` in Unix seconds.
    package let issuedAt: Int64

    /// - Parameters:
    ///   - subject: `sub`: a user's id, or the client's own.
    ///   - issuedAt: `iat`.
    package init(
        tokenID: TokenID, sessionID: SessionID?, subject: String, clientID: ClientID, keyID: KeyID,
        issuedAt: Timestamp
    ) {
        self.tokenID = CompactTokenID(tokenID)
        self.sessionID = sessionID
        userID = UserID(subject)
        self.clientID = clientID
        self.keyID = keyID
        self.issuedAt = issuedAt.seconds
    }

    /// The token with these claims, signed with this key.
    package init(_ claims: AccessTokenClaims, keyID: KeyID) {
        self.init(
            tokenID: claims.tokenID, sessionID: claims.sessionID, subject: claims.subject, clientID: claims.clientID,
            keyID: keyID, issuedAt: claims.issuedAt)
    }
}
