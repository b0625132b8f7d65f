package import LatchkeyTokens

/// Claims of the operator that one scope releases.
package struct ReleasedClaims: Sendable, Equatable {
    package let scope: String
    package let claims: [String]

    /// Reads `SCOPE=CLAIM`, with further claims after spaces. `openid` releases to everybody who asks who the user is.
    /// - Returns: nil for anything that is not a scope that applications can have, or not a claim that a profile can
    ///   have.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let scope = String(parts[0]), Scope(tokens: [scope]) != nil,
            !scope.beginsWithBytes(of: Scope.latchkeyPrefix), !scope.equalsBytes(of: "offline_access")
        else { return nil }
        let claims = parts[1].split(separator: UInt8(ascii: " ")).compactMap { String($0) }
        guard !claims.isEmpty, claims.allSatisfy(ProfileClaims.isName) else { return nil }
        self.scope = scope
        self.claims = claims
    }
}

/// Which claims about a user an application may see.
package enum UserClaims {
    /// A claim and its value.
    package struct Claim: Sendable, Equatable {
        package let name: String
        package let value: JSONValue
    }

    /// The claims that a scope releases, in this order, each once; `sub` is not among them. A claim without a value is
    /// left out (OpenID Connect Core 5.3.2).
    ///
    /// | scope | claims |
    /// | --- | --- |
    /// | `profile` | `name`, `preferred_username`, `locale`, `zoneinfo`, `updated_at`, and of the further claims those that OpenID Connect Core 5.4 lists for it |
    /// | `email` | `email`, and beside it `email_verified` |
    /// | `address` | `address` of the further claims |
    /// | `phone` | `phone_number` of the further claims, and beside it `phone_number_verified` |
    /// | any | those of the further claims that the configuration lists for it |
    package static func released(
        to scope: Scope, of user: User, _ profile: Profile?, _ configuration: Settings.Claims
    ) -> [Claim] {
        var claims: [Claim] = []
        func add(_ name: String, _ value: JSONValue?) {
            guard let value, !claims.contains(where: { $0.name.equalsBytes(of: name) }) else { return }
            claims.append(Claim(name: name, value: value))
        }
        func addStandard(_ scope: String) {
            for claim in StandardClaim.all where claim.scope.equalsBytes(of: scope) {
                add(claim.name, profile?.claims?[claim.name])
            }
        }
        if scope.contains("profile") {
            add("name", profile?.displayName.map(JSONValue.string))
            add("preferred_username", .string(user.name))
            addStandard("profile")
            add("locale", profile?.locale.map(JSONValue.string))
            add("zoneinfo", profile?.zoneinfo.map(JSONValue.string))
            add("updated_at", .integer((profile?.updatedAt ?? user.createdAt).seconds))
        }
        if scope.contains("email"), let email = profile?.email {
            add("email", .string(email.text))
            add("email_verified", .bool(profile?.emailVerifiedAt != nil))
        }
        if scope.contains("address") { addStandard("address") }
        if scope.contains("phone"), profile?.claims?["phone_number"] != nil {
            addStandard("phone")
            // Applications take a missing one for what they like.
            add("phone_number_verified", .bool(false))
        }
        for released in configuration.scopes where scope.contains(released.scope) {
            for name in released.claims { add(name, profile?.claims?[name]) }
        }
        return claims
    }
}

/// Whom an application believes to be signing in (`login_hint`, OpenID Connect Core 3.1.2.1).
package enum LoginHint {
    /// Whether the hint means this user: by `sub`, by name, or by address. Names and addresses are compared as at a
    /// sign-in.
    package static func means(_ hint: String, _ user: User, _ profile: Profile?) -> Bool {
        if hint.equalsBytes(of: user.id.description) { return true }
        let form = UserName.comparisonForm(of: hint)
        return form.equalsBytes(of: user.normalisedName)
            || profile?.email?.comparisonForm.equalsBytes(of: form) ?? false
    }
}
