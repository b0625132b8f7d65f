/// An account, as administrators see it. Never with anything of its password.
package struct UserResource: Codable, Sendable, Equatable {
    /// The `sub` of the user's tokens.
    package let id: String
    package let name: String
    package let roles: [String]
    package let disabled: Bool
    package let mustChangePassword: Bool
    /// Unix seconds.
    package let createdAt: Int64

    package init(
        id: String, name: String, roles: [String], disabled: Bool, mustChangePassword: Bool, createdAt: Int64
    ) {
        self.id = id
        self.name = name
        self.roles = roles
        self.disabled = disabled
        self.mustChangePassword = mustChangePassword
        self.createdAt = createdAt
    }

    enum CodingKeys: String, CodingKey {
        case id, name, roles, disabled
        case mustChangePassword = "must_change_password"
        case createdAt = "created_at"
    }
}

/// `POST /api/v1/admin/users`.
package struct UserCreate: Codable, Sendable {
    package let name: String
    package let password: SecretText
    /// Absent: none.
    package let roles: [String]?
    /// Absent: false.
    package let mustChangePassword: Bool?

    package init(name: String, password: SecretText, roles: [String]? = nil, mustChangePassword: Bool? = nil) {
        self.name = name
        self.password = password
        self.roles = roles
        self.mustChangePassword = mustChangePassword
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, password, roles
        case mustChangePassword = "must_change_password"
    }
}

/// `PATCH /api/v1/admin/users/{user}`; absent members stay as they are.
package struct UserUpdate: Codable, Sendable {
    package let name: String?
    /// The whole new list of roles.
    package let roles: [String]?
    package let mustChangePassword: Bool?

    package init(name: String? = nil, roles: [String]? = nil, mustChangePassword: Bool? = nil) {
        self.name = name
        self.roles = roles
        self.mustChangePassword = mustChangePassword
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, roles
        case mustChangePassword = "must_change_password"
    }
}

/// `PUT /api/v1/admin/users/{user}/password`. Ends the user's sessions and tokens.
package struct PasswordSet: Codable, Sendable {
    package let password: SecretText
    /// Absent: false.
    package let mustChange: Bool?

    package init(password: SecretText, mustChange: Bool? = nil) {
        self.password = password
        self.mustChange = mustChange
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case password
        case mustChange = "must_change"
    }
}
