import LatchkeyBytes
package import LatchkeyTokens

/// Names a form of one browser: the browser by the digest of its step cookie, the form by a random id.
package struct FormName: Sendable, Hashable {
    /// SHA-256, 32 bytes.
    package let browserDigest: [UInt8]
    /// 16 bytes.
    package let formID: [UInt8]

    package init(browserDigest: [UInt8], formID: [UInt8]) {
        self.browserDigest = browserDigest
        self.formID = formID
    }

    /// Names a new form of a browser.
    static func new(in browserDigest: [UInt8]) -> FormName {
        FormName(browserDigest: browserDigest, formID: RandomBytes.make(16))
    }
}

/// A sign-in on pages, from the first proof on. It grants nothing but the next step.
package struct SignInRecord: Sendable, Equatable {
    /// How long a sign-in may take from its first proof on.
    package static let lifetime: Duration = .seconds(600)
    /// Of one user at a time.
    package static let mostPerUser = 16

    /// 16 random bytes.
    package let id: [UInt8]
    package let form: FormName
    package let user: UserID
    package let client: ClientID
    /// SHA-256 of the authorization request.
    package let requestDigest: [UInt8]
    /// Empty while it rests on a browser session alone.
    package var proofs: [Proof]
    package var credentialVersion: Int64
    /// 16 random bytes, from which its code is derived.
    package let nonce: [UInt8]
    package let network: String
    package let createdAt: Timestamp
    package let expiresAt: Timestamp
    /// The browser session that it led to; once there is one, nothing more is granted.
    package var session: SessionID?

    package init(
        id: [UInt8], form: FormName, user: UserID, client: ClientID, requestDigest: [UInt8], proofs: [Proof],
        credentialVersion: Int64, nonce: [UInt8], network: String, createdAt: Timestamp, expiresAt: Timestamp,
        session: SessionID? = nil
    ) {
        self.id = id
        self.form = form
        self.user = user
        self.client = client
        self.requestDigest = requestDigest
        self.proofs = proofs
        self.credentialVersion = credentialVersion
        self.nonce = nonce
        self.network = network
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.session = session
    }
}

package protocol SignInLook {
    func find(_ form: FormName) throws -> SignInRecord?
}

package protocol SignInTable: SignInLook {
    /// - Returns: false when the form has a row; nothing was written then.
    func insert(_ record: SignInRecord) throws -> Bool
    /// Writes proofs, credential version and session.
    func update(_ record: SignInRecord) throws
    /// Deletes so many rows of the record's user that `count` are left: those of its network first, and the oldest first,
    /// but never the record itself.
    func trim(to count: Int, keeping record: SignInRecord) throws
    /// Deletes the row of a form that has led to nothing yet.
    func remove(_ form: FormName) throws
    /// Deletes the rows of one browser.
    func remove(ofBrowser digest: [UInt8]) throws
}
