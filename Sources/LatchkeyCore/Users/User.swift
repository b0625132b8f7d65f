package import LatchkeyTokens

/// An account.
package struct User: Sendable, Equatable {
    package let id: UserID
    /// As the user wrote it (NFC).
    package var name: String
    /// For comparison: NFKC, case-folded; unique. See ``UserName``.
    package var normalisedName: String
    package var roles: [String]
    package var disabled: Bool
    /// The next login must change the password before it gets tokens.
    package var mustChangePassword: Bool
    package let createdAt: Timestamp
    /// Tokens with `iat` up to this second are revoked (Unix seconds).
    package var issuedBefore: Int64?
    /// Sessions created up to this instant have ended.
    package var sessionsEndedAt: Timestamp?

    package init(
        id: UserID, name: String, normalisedName: String, roles: [String], disabled: Bool, mustChangePassword: Bool,
        createdAt: Timestamp, issuedBefore: Int64? = nil, sessionsEndedAt: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.normalisedName = normalisedName
        self.roles = roles
        self.disabled = disabled
        self.mustChangePassword = mustChangePassword
        self.createdAt = createdAt
        self.issuedBefore = issuedBefore
        self.sessionsEndedAt = sessionsEndedAt
    }
}

/// A user's password as stored: never the password.
package struct PasswordCredential: Sendable, Equatable {
    /// PHC string (`$argon2id$…`), or an imported `$2b$…`, `$scrypt$…`, `$pbkdf2-…$…` hash that turns into Argon2id
    /// at the next login.
    package let hash: String
    /// Grows with each change; a login that verified another version loses.
    package let version: Int64
    package let changedAt: Timestamp

    package init(hash: String, version: Int64, changedAt: Timestamp) {
        self.hash = hash
        self.version = version
        self.changedAt = changedAt
    }
}

/// What a login needs to know of an account, read in one go.
package struct LoginRecord: Sendable {
    package let user: User
    package let credential: PasswordCredential
    package init(user: User, credential: PasswordCredential) {
        self.user = user
        self.credential = credential
    }
}

/// What an administrator may change of a user; `nil` leaves a field as it is.
package struct UserChange: Sendable {
    package var name: String?
    package var normalisedName: String?
    package var roles: [String]?
    package var mustChangePassword: Bool?
    package init(name: String? = nil, normalisedName: String? = nil, roles: [String]? = nil, mustChangePassword: Bool? = nil) {
        self.name = name
        self.normalisedName = normalisedName
        self.roles = roles
        self.mustChangePassword = mustChangePassword
    }
}

/// A user found by id or by normalised name.
package enum UserReference: Sendable, Equatable {
    case id(UserID)
    case name(normalised: String)
}
