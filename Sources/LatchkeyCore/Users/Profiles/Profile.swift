package import LatchkeyTokens

/// What applications may be told about a user, by scope. All of it may be absent.
package struct Profile: Sendable, Equatable {
    package var email: EmailAddress?
    /// When the user was shown to receive mail there; nil: never.
    package var emailVerifiedAt: Timestamp?
    package var displayName: String?
    /// A language tag (RFC 5646).
    package var locale: String?
    /// A name of the time zone database.
    package var zoneinfo: String?
    package var claims: ProfileClaims?
    /// When something that applications are told was last changed.
    package var updatedAt: Timestamp

    package init(updatedAt: Timestamp) { self.updatedAt = updatedAt }
}

/// What becomes of one field.
package enum FieldChange<Value: Sendable>: Sendable {
    case keep
    case clear
    case set(Value)

    /// Nothing given, nothing changed.
    package init(_ value: Value?) { self = value.map(FieldChange.set) ?? .keep }

    var isKept: Bool { if case .keep = self { true } else { false } }

    /// The field afterwards.
    func applied(to old: Value?) -> Value? {
        switch self {
        case .keep: old
        case .clear: nil
        case .set(let value): value
        }
    }

    func map<Other>(_ transform: (Value) throws(Refusal) -> Other) throws(Refusal) -> FieldChange<Other> {
        switch self {
        case .keep: .keep
        case .clear: .clear
        case .set(let value): .set(try transform(value))
        }
    }
}

extension FieldChange: Equatable where Value: Equatable {}

/// A change as it was asked for, unchecked.
package struct ProfileDraft: Sendable, Equatable {
    package var email = FieldChange<String>.keep
    /// Nil: a changed address counts as not verified, and an unchanged one stays what it is.
    package var emailVerified: Bool?
    package var displayName = FieldChange<String>.keep
    package var locale = FieldChange<String>.keep
    package var zoneinfo = FieldChange<String>.keep
    package var claims = FieldChange<JSONObject>.keep

    package init() {}

    /// - Throws: `invalid_request` with what to change.
    func validated() throws(Refusal) -> ProfileChange {
        ProfileChange(
            email: try email.map { text throws(Refusal) in try EmailAddress(text) }, emailVerified: emailVerified,
            displayName: try displayName.map { text throws(Refusal) in try ProfileText.displayName(text) },
            locale: try locale.map { text throws(Refusal) in try ProfileText.locale(text) },
            zoneinfo: try zoneinfo.map { text throws(Refusal) in try ProfileText.zoneinfo(text) },
            claims: try claims.map { object throws(Refusal) in try ProfileClaims(object) })
    }
}

/// A change whose values are valid.
package struct ProfileChange: Sendable, Equatable {
    package var email = FieldChange<EmailAddress>.keep
    package var emailVerified: Bool?
    package var displayName = FieldChange<String>.keep
    package var locale = FieldChange<String>.keep
    package var zoneinfo = FieldChange<String>.keep
    package var claims = FieldChange<ProfileClaims>.keep

    package init(
        email: FieldChange<EmailAddress> = .keep, emailVerified: Bool? = nil,
        displayName: FieldChange<String> = .keep, locale: FieldChange<String> = .keep,
        zoneinfo: FieldChange<String> = .keep, claims: FieldChange<ProfileClaims> = .keep
    ) {
        self.email = email
        self.emailVerified = emailVerified
        self.displayName = displayName
        self.locale = locale
        self.zoneinfo = zoneinfo
        self.claims = claims
    }

    /// Whether it asks for nothing.
    var isEmpty: Bool { self == ProfileChange() }

    /// The profile afterwards. Another address is not verified unless the change says so: who changed it has shown
    /// nothing about the new one.
    /// - Throws: `invalid_request` when there is no address that could be verified.
    func applied(to old: Profile, at now: Timestamp) throws(Refusal) -> Profile {
        var new = old
        new.email = email.applied(to: old.email)
        let isSameAddress = new.email == old.email
        if !isSameAddress { new.emailVerifiedAt = nil }
        switch emailVerified {
        case true?:
            guard new.email != nil else {
                throw Refusal(.invalidRequest, "There is no e-mail address that could be verified: give one.")
            }
            new.emailVerifiedAt = new.emailVerifiedAt ?? now
        case false?: new.emailVerifiedAt = nil
        case nil: break
        }
        new.displayName = displayName.applied(to: old.displayName)
        new.locale = locale.applied(to: old.locale)
        new.zoneinfo = zoneinfo.applied(to: old.zoneinfo)
        new.claims = claims.applied(to: old.claims)
        return new
    }
}

extension Profile {
    /// The fields that differ, by their names in the API: for the audit trail, which gets no values.
    func changes(from old: Profile) -> [String] {
        [
            email == old.email ? nil : "email",
            emailVerifiedAt == old.emailVerifiedAt ? nil : "email_verified",
            Self.areEqual(displayName, old.displayName) ? nil : "display_name",
            Self.areEqual(locale, old.locale) ? nil : "locale",
            Self.areEqual(zoneinfo, old.zoneinfo) ? nil : "zoneinfo",
            Self.areEqual(claims?.text, old.claims?.text) ? nil : "claims",
        ].compactMap(\.self)
    }

    /// By bytes: another spelling is another text.
    private static func areEqual(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.equalsBytes(of: right)
        default: false
        }
    }
}
