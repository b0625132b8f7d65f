/// `POST /api/v1/admin/users/import`: one chunk of an import file. The sender keeps a chunk within the body limit
/// (64 KiB) and within ``maximumLines``.
package struct UserImportRequest: Codable, Sendable {
    /// More lines than this in one request are refused.
    package static let maximumLines = 500

    /// Judge every line and write nothing. Absent: false.
    package let dryRun: Bool?
    /// The number of the first line in the sender's file, so that results name the right lines. Absent: 1.
    package let firstLine: Int?
    package let lines: [UserImportLine]

    package init(lines: [UserImportLine], firstLine: Int? = nil, dryRun: Bool? = nil) {
        self.lines = lines
        self.firstLine = firstLine
        self.dryRun = dryRun
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case lines
        case dryRun = "dry_run"
        case firstLine = "first_line"
    }
}

/// One account of an import file (JSON lines), with the hash that another system made.
package struct UserImportLine: Codable, Sendable {
    package let name: String
    /// Argon2, bcrypt, scrypt or PBKDF2 in one of the forms of other systems; Keycloak's is a JSON object as a text.
    package let passwordHash: SecretText
    /// Absent: none.
    package let roles: [String]?
    /// Absent: false.
    package let disabled: Bool?
    /// The first sign-in with the imported password asks for another one. Absent: false.
    package let mustChangePassword: Bool?

    package init(
        name: String, passwordHash: SecretText, roles: [String]? = nil, disabled: Bool? = nil,
        mustChangePassword: Bool? = nil
    ) {
        self.name = name
        self.passwordHash = passwordHash
        self.roles = roles
        self.disabled = disabled
        self.mustChangePassword = mustChangePassword
    }

    /// The members there are.
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, roles, disabled
        case passwordHash = "password_hash"
        case mustChangePassword = "must_change_password"
    }

    /// Refuses members that are not known here: a misspelt `roles` must not import a user without them.
    package init(from decoder: any Decoder) throws {
        let given = try decoder.container(keyedBy: AnyName.self).allKeys
        guard given.allSatisfy({ CodingKeys(rawValue: $0.stringValue) != nil }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: Self.unknownMember))
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        passwordHash = try container.decode(SecretText.self, forKey: .passwordHash)
        roles = try container.decodeIfPresent([String].self, forKey: .roles)
        disabled = try container.decodeIfPresent(Bool.self, forKey: .disabled)
        mustChangePassword = try container.decodeIfPresent(Bool.self, forKey: .mustChangePassword)
    }

    /// What the error of a line with another member says.
    package static let unknownMember = "a member that is not known here"

    private struct AnyName: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

/// What became of each line of a chunk, in the order of the request.
package struct UserImportResponse: Codable, Sendable {
    package let results: [UserImportLineResult]

    package init(results: [UserImportLineResult]) { self.results = results }
}

/// What became of one line.
package struct UserImportLineResult: Codable, Sendable, Equatable {
    package enum Outcome: String, Codable, Sendable {
        /// Inserted; in a dry run: would be.
        case imported
        /// A user of that name exists; nothing was changed.
        case alreadyExists = "already_exists"
        /// The line cannot be imported; `detail` says why.
        case refused
    }

    /// Counts from the request's `first_line`.
    package let line: Int
    package let outcome: Outcome
    /// The new user's id, when one was made.
    package let id: String?
    package let detail: String?

    package init(line: Int, outcome: Outcome, id: String? = nil, detail: String? = nil) {
        self.line = line
        self.outcome = outcome
        self.id = id
        self.detail = detail
    }
}
