/// An account, as administrators see it. Never with anything of its password.
package struct UserResource: WireObject, Equatable {
    package let id: String
    package let name: String
    package let roles: [String]
    package let disabled: Bool
    package let mustChangePassword: Bool
    package let createdAt: Int64

    package static let schema = ObjectSchema(
        resource: "User", "An account.", UserResource.init,
        Member("id", \.id, "The sub of the user's tokens."),
        Member("name", \.name),
        Member("roles", \.roles),
        Member("disabled", \.disabled),
        Member("must_change_password", \.mustChangePassword),
        Member("created_at", \.createdAt, Meaning.instant))
}

/// `POST /api/v1/admin/users`.
package struct UserCreate: WireObject {
    package let name: String
    package let password: SecretText
    package let roles: [String]?
    package let mustChangePassword: Bool?

    package init(name: String, password: SecretText, roles: [String]? = nil, mustChangePassword: Bool? = nil) {
        self.name = name
        self.password = password
        self.roles = roles
        self.mustChangePassword = mustChangePassword
    }

    package static let schema = ObjectSchema(
        body: "UserCreate", "A user to add.", UserCreate.init,
        Member("name", \.name),
        Member("password", \.password),
        Member("roles", \.roles, "Absent: none."),
        Member("must_change_password", \.mustChangePassword, "Absent: false."))
}

/// `PATCH /api/v1/admin/users/{user}`; absent members keep their value.
package struct UserUpdate: WireObject {
    package let name: String?
    package let roles: [String]?
    package let mustChangePassword: Bool?

    package init(name: String? = nil, roles: [String]? = nil, mustChangePassword: Bool? = nil) {
        self.name = name
        self.roles = roles
        self.mustChangePassword = mustChangePassword
    }

    package static let schema = ObjectSchema(
        body: "UserUpdate", "What to change; absent members keep their value.", UserUpdate.init,
        Member("name", \.name),
        Member("roles", \.roles, "The complete new list."),
        Member("must_change_password", \.mustChangePassword))
}

/// `PUT /api/v1/admin/users/{user}/password`. Ends the user's sessions and tokens.
package struct PasswordSet: WireObject {
    package let password: SecretText
    package let mustChange: Bool?

    package init(password: SecretText, mustChange: Bool? = nil) {
        self.password = password
        self.mustChange = mustChange
    }

    package static let schema = ObjectSchema(
        body: "PasswordSet", "A new password.", PasswordSet.init,
        Member("password", \.password),
        Member("must_change", \.mustChange, "The next sign-in asks for another password. Absent: false."))
}
