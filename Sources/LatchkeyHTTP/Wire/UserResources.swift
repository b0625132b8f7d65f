package import LatchkeyCore
import LatchkeyTokens

/// An account, as administrators see it. Never with anything of its password.
package struct UserResource: WireObject, Equatable {
    package let id: String
    package let name: String
    package let roles: [String]
    package let disabled: Bool
    package let mustChangePassword: Bool
    package let createdAt: Int64
    package var email: String?
    package var emailVerified: Bool?
    package var displayName: String?
    package var locale: String?
    package var zoneinfo: String?
    package var claims: JSONDocument?

    package static let schema = ObjectSchema(
        resource: "User", "An account.", UserResource.init,
        Member("id", \.id, "The sub of the user's tokens."),
        Member("name", \.name),
        Member("roles", \.roles),
        Member("disabled", \.disabled),
        Member("must_change_password", \.mustChangePassword),
        Member("created_at", \.createdAt, Meaning.instant),
        Member("email", \.email),
        Member("email_verified", \.emailVerified, Meaning.emailVerified),
        Member("display_name", \.displayName),
        Member("locale", \.locale, Meaning.locale),
        Member("zoneinfo", \.zoneinfo, Meaning.zoneinfo),
        Member("claims", \.claims, Meaning.claims))
}

/// `POST /api/v1/admin/users`.
package struct UserCreate: WireObject {
    package let name: String
    package let password: SecretText
    package let roles: [String]?
    package let mustChangePassword: Bool?
    package let email: String?
    package let emailVerified: Bool?
    package let displayName: String?
    package let locale: String?
    package let zoneinfo: String?
    package let claims: JSONDocument?

    package init(
        name: String, password: SecretText, roles: [String]? = nil, mustChangePassword: Bool? = nil,
        email: String? = nil, emailVerified: Bool? = nil, displayName: String? = nil, locale: String? = nil,
        zoneinfo: String? = nil, claims: JSONDocument? = nil
    ) {
        self.name = name
        self.password = password
        self.roles = roles
        self.mustChangePassword = mustChangePassword
        self.email = email
        self.emailVerified = emailVerified
        self.displayName = displayName
        self.locale = locale
        self.zoneinfo = zoneinfo
        self.claims = claims
    }

    package static let schema = ObjectSchema(
        body: "UserCreate", "A user to add.", UserCreate.init,
        Member("name", \.name, as: .userName),
        Member("password", \.password, as: .password),
        Member("roles", \.roles, "Absent: none. At most \(UserRoles.maximumCount).", as: .roles),
        Member("must_change_password", \.mustChangePassword, "Absent: false."),
        Member("email", \.email, as: .email),
        Member("email_verified", \.emailVerified, "Absent: false."),
        Member("display_name", \.displayName, as: .displayName),
        Member("locale", \.locale, Meaning.locale, as: .locale),
        Member("zoneinfo", \.zoneinfo, Meaning.zoneinfo, as: .zoneinfo),
        Member("claims", \.claims, Meaning.claims))

    var profile: ProfileDraft {
        ProfileDraft(
            email: email, emailVerified: emailVerified, displayName: displayName, locale: locale, zoneinfo: zoneinfo,
            claims: claims)
    }
}

/// `PATCH /api/v1/admin/users/{user}`; absent members keep their value.
package struct UserUpdate: WireObject {
    package var name: String?
    package var roles: [String]?
    package var mustChangePassword: Bool?
    package var email = FieldChange<String>.keep
    package var emailVerified: Bool?
    package var displayName = FieldChange<String>.keep
    package var locale = FieldChange<String>.keep
    package var zoneinfo = FieldChange<String>.keep
    package var claims = FieldChange<JSONDocument>.keep

    package init(
        name: String? = nil, roles: [String]? = nil, mustChangePassword: Bool? = nil,
        email: FieldChange<String> = .keep, emailVerified: Bool? = nil, displayName: FieldChange<String> = .keep,
        locale: FieldChange<String> = .keep, zoneinfo: FieldChange<String> = .keep,
        claims: FieldChange<JSONDocument> = .keep
    ) {
        self.name = name
        self.roles = roles
        self.mustChangePassword = mustChangePassword
        self.email = email
        self.emailVerified = emailVerified
        self.displayName = displayName
        self.locale = locale
        self.zoneinfo = zoneinfo
        self.claims = claims
    }

    package static let schema = ObjectSchema(
        body: "UserUpdate", "What to change; absent members keep their value.", UserUpdate.init,
        Member("name", \.name, as: .userName),
        Member("roles", \.roles, "The complete new list.", as: .roles),
        Member("must_change_password", \.mustChangePassword),
        Member("email", \.email, Meaning.removable, as: .email),
        Member("email_verified", \.emailVerified, "Absent: false for a changed email."),
        Member("display_name", \.displayName, Meaning.removable, as: .displayName),
        Member("locale", \.locale, "\(Meaning.locale) \(Meaning.removable)", as: .locale),
        Member("zoneinfo", \.zoneinfo, "\(Meaning.zoneinfo) \(Meaning.removable)", as: .zoneinfo),
        Member("claims", \.claims, "The complete new object. \(Meaning.removable)"))

    var profile: ProfileDraft {
        var draft = ProfileDraft()
        draft.email = email
        draft.emailVerified = emailVerified
        draft.displayName = displayName
        draft.locale = locale
        draft.zoneinfo = zoneinfo
        draft.claims =
            switch claims {
            case .keep: .keep
            case .clear: .clear
            case .set(let document): .set(document.object)
            }
        return draft
    }
}

extension Meaning {
    fileprivate static let removable = "Null removes it."
    fileprivate static let emailVerified = "Present with email."
    static let locale = "A language tag such as en-GB."
    static let zoneinfo = "A time zone such as Europe/Berlin."
    static let claims =
        "Further standard claims (OpenID Connect Core 5.1) and claims of your own, 8 KiB of JSON at most."
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
        Member("password", \.password, as: .password),
        Member("must_change", \.mustChange, "The next sign-in asks for another password. Absent: false."))
}

extension ProfileDraft {
    /// The profile of a new user; an absent member sets nothing.
    init(
        email: String?, emailVerified: Bool?, displayName: String?, locale: String?, zoneinfo: String?,
        claims: JSONDocument?
    ) {
        self.init()
        self.email = FieldChange(email)
        self.emailVerified = emailVerified
        self.displayName = FieldChange(displayName)
        self.locale = FieldChange(locale)
        self.zoneinfo = FieldChange(zoneinfo)
        self.claims = FieldChange(claims?.object)
    }
}
