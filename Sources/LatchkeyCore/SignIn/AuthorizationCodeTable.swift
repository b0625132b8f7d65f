package import LatchkeyTokens

/// An authorization code as stored. Codes of deleted clients are absent.
package struct AuthorizationCode: Sendable, Equatable {
    package let digest: [UInt8]
    package let user: UserID
    package let client: ClientID
    package let redirectURI: String
    /// Of method S256; `nil` for a client that need not send one.
    package let challenge: String?
    package let nonce: String?
    package let scope: Scope
    package let resources: [String]
    /// The browser session that it came from.
    package let parent: SessionID?
    package let proofs: [Proof]
    /// The credential version that was verified.
    package let credentialVersion: Int64
    /// The row of ``SignInTable`` that it ended.
    package let signIn: [UInt8]?
    package let deviceName: String?
    /// Where the user signed in from.
    package let network: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
    /// The session that it began, once it was redeemed.
    package var session: SessionID?

    package init(
        digest: [UInt8], user: UserID, client: ClientID, redirectURI: String, challenge: String?, nonce: String?,
        scope: Scope, resources: [String], parent: SessionID?, proofs: [Proof], credentialVersion: Int64,
        signIn: [UInt8]?, deviceName: String?, network: String, createdAt: Timestamp, expiresAt: Timestamp,
        session: SessionID? = nil
    ) {
        self.digest = digest
        self.user = user
        self.client = client
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.nonce = nonce
        self.scope = scope
        self.resources = resources
        self.parent = parent
        self.proofs = proofs
        self.credentialVersion = credentialVersion
        self.signIn = signIn
        self.deviceName = deviceName
        self.network = network
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.session = session
    }
}

package protocol AuthorizationCodeLook {
    func find(_ digest: [UInt8]) throws -> AuthorizationCode?
    /// The code that a sign-in led to.
    func find(signIn id: [UInt8]) throws -> AuthorizationCode?
}

package protocol AuthorizationCodeTable: AuthorizationCodeLook {
    func insert(_ code: AuthorizationCode) throws
    /// Deletes all but the `count` newest codes of the user.
    func trim(to count: Int, of user: UserID) throws
    func setSession(_ session: SessionID, of digest: [UInt8]) throws
    /// Deletes the codes of the user for the client that were not redeemed.
    func removeUnused(of user: UserID, client: ClientID) throws
}
