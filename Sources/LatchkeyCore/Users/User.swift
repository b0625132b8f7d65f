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
    /// The user must change the password at the next login before it yields tokens.
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
    /// PHC string (`$argon2id$…`), or an imported hash in the form of another system, which the next login replaces
    /// with Argon2id. See ``PasswordHashFormat``.
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

/// What a login needs to know about an account, read at once.
package struct LoginRecord: Sendable {
    package let user: User
    package let credential: PasswordCredential
    package init(user: User, credential: PasswordCredential) {
        self.user = user
        self.credential = credential
    }
}

/// What the store knows when an attempt to sign in begins.
package struct LoginAttempt: Sendable {
    /// `nil` when the name is unknown, or none was given.
    package let record: LoginRecord?
    package let counters: [ThrottleBucket: FailureCounter]
    package init(record: LoginRecord?, counters: [ThrottleBucket: FailureCounter]) {
        self.record = record
        self.counters = counters
    }
}

/// What an administrator may change about a user; `nil` leaves a field as it is.
package struct UserChange: Sendable {
    package var name: String?
    package var normalisedName: String?
    package var roles: [String]?
    package var mustChangePassword: Bool?
    package var profile: ProfileChange
    package init(
        name: String? = nil, normalisedName: String? = nil, roles: [String]? = nil, mustChangePassword: Bool? = nil,
        profile: ProfileChange = ProfileChange()
    ) {
        self.name = name
        self.normalisedName = normalisedName
        self.roles = roles
        self.mustChangePassword = mustChangePassword
        self.profile = profile
    }
}

/// A user found by id or by normalised name.
package enum UserReference: Sendable, Equatable {
    case id(UserID)
    case name(normalised: String)
}

/// Which roles a user may be given. They travel in access tokens as `roles`, so they are few and short.
package enum UserRoles {
    /// The role that, together with the scope `latchkey:admin`, opens the admin API.
    package static let admin = "admin"
    /// The most roles of one user.
    package static let maximumCount = 32
    /// The longest role, in characters.
    package static let maximumLength = 64

    /// Removes repetitions and checks each role: 1 to 64 of `A-Z a-z 0-9 . _ : / -`.
    /// - Throws: `invalid_request` with what to change.
    package static func validated(_ roles: [String]) throws(Refusal) -> [String] {
        var unique: [String] = []
        for role in roles where !unique.containsBytes(of: role) {
            guard (1...maximumLength).contains(role.utf8.count), role.utf8.allSatisfy(isAllowed) else {
                throw Refusal(
                    .invalidRequest,
                    "A role has 1 to 64 letters, digits or characters of . _ : / - and no spaces: change the role.")
            }
            unique.append(role)
        }
        guard unique.count <= maximumCount else {
            throw Refusal(.invalidRequest, "A user has at most 32 roles: remove some.")
        }
        return unique
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._:/-".utf8.contains(byte)
        }
    }
}
