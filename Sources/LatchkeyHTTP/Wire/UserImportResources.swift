import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/admin/users/import`: one chunk of an import file. The sender keeps a chunk within the body limit
/// (64 KiB) and within ``maximumLines``.
package struct UserImportRequest: WireObject {
    /// More lines than this in one request are refused.
    package static let maximumLines = 500

    /// The largest number of a first line.
    static let lastLine: Int64 = 1_000_000_000

    package let lines: [UserImportLine]
    package let firstLine: Int?
    package let dryRun: Bool?

    package init(lines: [UserImportLine], firstLine: Int? = nil, dryRun: Bool? = nil) {
        self.lines = lines
        self.firstLine = firstLine
        self.dryRun = dryRun
    }

    package static let schema = ObjectSchema(
        body: "UserImportRequest", "A chunk of an import file, at most 64 KiB.",
        UserImportRequest.init,
        Member(
            "lines", \.lines,
            as: .list(.object(UserImportLine.schema.description), Lengths(most: maximumLines))),
        Member(
            "first_line", \.firstLine, "The first line's number in the file; results count from it. Absent: 1.",
            as: .number(1...lastLine)),
        Member("dry_run", \.dryRun, "Check every line and write nothing. Absent: false."))
}

/// One account of an import file (JSON lines), with a hash that another system made. What is wrong with a line is told in
/// its result, so the schema refuses nothing but a wrong type.
package struct UserImportLine: WireObject {
    package let name: String
    package let passwordHash: SecretText
    package let roles: [String]?
    package let disabled: Bool?
    package let mustChangePassword: Bool?
    package let email: String?
    package let emailVerified: Bool?
    package let displayName: String?
    package let locale: String?
    package let zoneinfo: String?
    package let claims: JSONDocument?

    package init(
        name: String, passwordHash: SecretText, roles: [String]? = nil, disabled: Bool? = nil,
        mustChangePassword: Bool? = nil, email: String? = nil, emailVerified: Bool? = nil, displayName: String? = nil,
        locale: String? = nil, zoneinfo: String? = nil, claims: JSONDocument? = nil
    ) {
        self.email = email
        self.emailVerified = emailVerified
        self.displayName = displayName
        self.locale = locale
        self.zoneinfo = zoneinfo
        self.claims = claims
        self.name = name
        self.passwordHash = passwordHash
        self.roles = roles
        self.disabled = disabled
        self.mustChangePassword = mustChangePassword
    }

    package static let schema = ObjectSchema(
        body: "UserImportLine", "One account with a password hash from another system.", UserImportLine.init,
        Member("name", \.name),
        Member(
            "password_hash", \.passwordHash,
            "Argon2, bcrypt, scrypt or PBKDF2 as Django, Spring Security, passlib, Keycloak, PHP or ASP.NET Identity "
                + "write it; Keycloak's is a JSON object in a string."),
        Member("roles", \.roles, "Absent: none."),
        Member("disabled", \.disabled, "Absent: false."),
        Member(
            "must_change_password", \.mustChangePassword, "The first sign-in asks for another password. Absent: false."
        ),
        Member("email", \.email),
        Member("email_verified", \.emailVerified, "Absent: false."),
        Member("display_name", \.displayName),
        Member("locale", \.locale, Meaning.locale),
        Member("zoneinfo", \.zoneinfo, Meaning.zoneinfo),
        Member("claims", \.claims, Meaning.claims))

    var profile: ProfileDraft {
        ProfileDraft(
            email: email, emailVerified: emailVerified, displayName: displayName, locale: locale, zoneinfo: zoneinfo,
            claims: claims)
    }
}

/// The result of each line of a chunk, in the order of the request.
package struct UserImportResponse: WireObject {
    package let results: [UserImportLineResult]

    package static let schema = ObjectSchema(
        resource: "UserImportResponse", "The result of each line.", UserImportResponse.init,
        Member("results", \.results))
}

/// The result of one line.
package struct UserImportLineResult: WireObject, Equatable {
    package enum Outcome: String, CaseIterable, WireValue {
        /// Inserted; in a dry run it would be inserted.
        case imported
        /// A user with that name exists; nothing was changed.
        case alreadyExists = "already_exists"
        case refused
    }

    package let line: Int
    package let outcome: Outcome
    package let id: String?
    package let detail: String?

    init(line: Int, outcome: Outcome, id: String? = nil, detail: String? = nil) {
        self.line = line
        self.outcome = outcome
        self.id = id
        self.detail = detail
    }

    package static let schema = ObjectSchema(
        resource: "UserImportLineResult", "The result of one line.", UserImportLineResult.init,
        Member("line", \.line, "Counts from the request's first_line."),
        Member("outcome", \.outcome),
        Member("id", \.id, "The id of the new user, when one was created."),
        Member("detail", \.detail, "Why the line cannot be imported."))
}
