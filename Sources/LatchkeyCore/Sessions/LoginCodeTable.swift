package import LatchkeyTokens

/// A one-time code as stored, with its client. Codes of deleted clients are absent.
package struct LoginCode: Sendable {
    package let digest: [UInt8]
    package let stateDigest: [UInt8]
    package let user: UserID
    /// The credential version that was verified.
    package let credentialVersion: Int64
    package let client: ClientID
    package let redirectURI: String
    package let scope: Scope
    package let deviceName: String?
    package let network: String
    /// When the password was verified.
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
    /// The session that it began, once it was redeemed.
    package let session: SessionID?

    package init(
        digest: [UInt8], stateDigest: [UInt8], user: UserID, credentialVersion: Int64, client: ClientID,
        redirectURI: String, scope: Scope, deviceName: String?, network: String, createdAt: Timestamp,
        expiresAt: Timestamp, session: SessionID?
    ) {
        self.digest = digest
        self.stateDigest = stateDigest
        self.user = user
        self.credentialVersion = credentialVersion
        self.client = client
        self.redirectURI = redirectURI
        self.scope = scope
        self.deviceName = deviceName
        self.network = network
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.session = session
    }
}

package protocol LoginCodeTable {
    func find(_ digest: [UInt8]) throws -> LoginCode?
    func insert(_ code: LoginCode) throws
    /// Deletes all but the `count` newest codes of the user.
    func trim(to count: Int, of user: UserID) throws
    func remove(_ digest: [UInt8]) throws
    func setSession(_ session: SessionID, of digest: [UInt8]) throws
}
