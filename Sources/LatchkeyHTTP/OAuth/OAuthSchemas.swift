import LatchkeyCore

/// The request and response bodies of the OAuth endpoints, which are not a ``WireObject``: forms, and responses that
/// are written by hand for speed. A test checks each against real requests and responses.
extension SchemaDescription {
    static let oauthError = SchemaDescription(
        "OAuthError", "RFC 6749 5.2.",
        [
            .required("error", .string), .optional("error_description", .string),
            .optional("latchkey_reason", .choice(RefreshRefusalReason.allCases.map(\.rawValue))),
        ])

    static let tokenRequest = SchemaDescription(
        "TokenRequest", "A grant, with client authentication by HTTP Basic or in the form.", others: .texts,
        needs: ["client_secret": "client_id"],
        [
            .required("grant_type", .choice(Client.Grant.all.map(\.name))),
            .optional("client_id", .clientID),
            .optional("client_secret", .string), .optional("refresh_token", .string), .optional("scope", .string),
            .optional("code", .string), .optional("redirect_uri", .string), .optional("code_verifier", .string),
            .optional("resource", .array(.string), "RFC 8707; may be repeated."),
        ])

    static let tokenResponse = SchemaDescription(
        "TokenResponse", "Tokens (RFC 6749 5.1).",
        [
            .required("access_token", .string), .required("token_type", .choice(["Bearer"])),
            .required("expires_in", .integer, "Seconds."), .required("scope", .string),
            .optional(
                "latchkey_separate_scope", .string,
                "Also granted, but never in one token with scope: refresh (or ask again) with only this scope."),
            .optional(
                "refresh_token", .string, "Absent with cookie transport, and when the client keeps its current one."),
            .optional("refresh_token_timeout", .integer, "Seconds until the session ends unless it is used."),
            .optional("sid", .string),
            .optional(
                "id_token", .string, "For openid, when the session began with a code (OpenID Connect Core 3.1.3.3)."),
        ])

    static let tokenReference = SchemaDescription(
        "TokenReference", "A token, with client authentication by HTTP Basic or in the form.", others: .texts,
        needs: ["client_secret": "client_id"],
        [
            .required("token", .nonEmpty), .optional("token_type_hint", .string), .optional("client_id", .clientID),
            .optional("client_secret", .string),
        ])

    static let userInfoRequest = SchemaDescription(
        "UserInfoRequest", "A token that is not in the header (RFC 6750 2.2).", others: .texts,
        [.optional("access_token", .string)])

    static let userInfo = SchemaDescription(
        "UserInfo",
        "Claims about the user, by the token's scope (OpenID Connect Core 5.1); further ones where claims.scopes "
            + "releases them.",
        [
            .required("sub", .string), .optional("name", .string), .optional("given_name", .string),
            .optional("family_name", .string), .optional("middle_name", .string), .optional("nickname", .string),
            .optional("preferred_username", .string), .optional("profile", .string), .optional("picture", .string),
            .optional("website", .string), .optional("gender", .string), .optional("birthdate", .string),
            .optional("locale", .string), .optional("zoneinfo", .string),
            .optional("updated_at", .integer, Meaning.instant), .optional("email", .string),
            .optional("email_verified", .boolean, "Beside each email."), .optional("address", .anyObject),
            .optional("phone_number", .string),
            .optional("phone_number_verified", .boolean, "Beside each phone_number."),
        ])

    static let introspection = SchemaDescription(
        "Introspection", "RFC 7662 2.2; exactly active=false for anything that the caller may not know.",
        [
            .required("active", .boolean), .optional("scope", .string), .optional("client_id", .string),
            .optional("token_type", .string),
            .optional("exp", .integer, Meaning.instant),
            .optional("iat", .integer, Meaning.instant), .optional("sub", .string), .optional("aud", .array(.string)),
            .optional("iss", .string), .optional("jti", .string), .optional("sid", .string),
            .optional("token_use", .choice(["access_token", "refresh_token"])),
            .optional("auth_time", .integer, Meaning.instant), .optional("acr", .string),
            .optional("amr", .array(.string)), .optional("roles", .array(.string)),
        ])
}
