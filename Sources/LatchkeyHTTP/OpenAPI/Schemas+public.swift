import LatchkeyCore
import LatchkeyTokens

extension SchemaDescription {
    private static let seconds = "Unix seconds."
    private static let transport = SchemaType.choice(Session.Transport.allCases.map(\.rawValue))

    /// What OAuth endpoints, the user's own API and operators' paths read and write.
    static let publicAPI: [SchemaDescription] = errors + oauth + account + operations

    private static let errors: [SchemaDescription] = [
        .init(
            "OAuthError", "RFC 6749 5.2.",
            [
                .required("error", .string), .optional("error_description", .string),
                .optional("latchkey_reason", .choice(RefreshRefusalReason.allCases.map(\.rawValue))),
            ]),
        .init(
            "Problem", "RFC 9457.",
            [
                .required("type", .string), .required("title", .string), .required("status", .integer),
                .required("detail", .string),
                .required("code", .choice(Refusal.Code.allCases.map(\.rawValue) + ["internal_error"])),
                .optional("latchkey_reason", .choice(RefreshRefusalReason.allCases.map(\.rawValue))),
                .optional("request_id", .string, "Only for a failure of the server."),
            ]),
    ]

    private static let oauth: [SchemaDescription] = [
        .init(
            "TokenRequest", "A grant, with client authentication by Basic or in the form.",
            [
                .required("grant_type", .choice(Client.Grant.all.map(\.name))),
                .optional("client_id", .string),
                .optional("client_secret", .string), .optional("refresh_token", .string), .optional("scope", .string),
                .optional("resource", .array(.string), "RFC 8707; may come more than once."),
            ]),
        .init(
            "TokenResponse", "Tokens (RFC 6749 5.1).",
            [
                .required("access_token", .string), .required("token_type", .choice(["Bearer"])),
                .required("expires_in", .integer, "Seconds."), .required("scope", .string),
                .optional(
                    "latchkey_separate_scope", .string,
                    "Granted too, but never in one token with scope: refresh (or ask anew) with this scope alone."),
                .optional(
                    "refresh_token", .string, "Absent with cookie transport, and when the client keeps the one it has."),
                .optional("refresh_token_timeout", .integer, "Seconds until the session ends when it is not used."),
                .optional("sid", .string),
            ]),
        .init(
            "TokenReference", "A token, with client authentication by Basic or in the form.",
            [
                .required("token", .string), .optional("token_type_hint", .string), .optional("client_id", .string),
                .optional("client_secret", .string),
            ]),
        .init(
            "Introspection", "RFC 7662 2.2; exactly active=false for whatever the caller may not know.",
            [
                .required("active", .boolean), .optional("scope", .string), .optional("client_id", .string),
                .optional("username", .string), .optional("token_type", .string), .optional("exp", .integer, seconds),
                .optional("iat", .integer, seconds), .optional("sub", .string), .optional("aud", .array(.string)),
                .optional("iss", .string), .optional("jti", .string), .optional("sid", .string),
                .optional("token_use", .choice(["access_token", "refresh_token"])),
                .optional("auth_time", .integer, seconds), .optional("amr", .array(.string)),
                .optional("roles", .array(.string)),
            ]),
        .init(
            "RevocationDocument", "The revocation list.",
            [
                .required("iss", .string), .required("epoch", .string),
                .required("after", .integer, "What the entries are relative to; 0 for a snapshot."),
                .required("seq", .integer), .required("now", .integer, seconds),
                .required("next_update", .integer, "Seconds."), .required("expires_in", .integer, "Seconds."),
                .required("entries", .array(.reference("RevocationListEntry"))),
            ]),
        .init(
            "RevocationListEntry", "A rule that makes some access tokens invalid.",
            [
                .required("seq", .integer),
                .required("kind", .choice(RevocationEntry.Kind.allCases.map(\.rawValue))), .optional("id", .string),
                .optional("iat_before", .integer, seconds), .required("exp", .integer, seconds),
            ]),
        .init(
            "StatusListAggregation", "All Token Status Lists that have not retired.",
            [.required("status_lists", .array(.string), "URIs.")]),
    ]

    private static let account: [SchemaDescription] = [
        .init(
            "LoginRequest", "A sign-in.",
            [
                .required("username", .string), .required("password", .string), .required("client_id", .string),
                .optional("client_secret", .string), .optional("scope", .string),
                .optional("new_password", .string, "For a user who has to change the password first."),
                .optional("transport", transport),
                .optional("device_name", .string, "For the user's list of sessions."),
                .optional(
                    "redirect_uri", .string, "With transport session: where the session is to begin, on another host."),
                .optional("state", .string, "As it came to the login page; goes with redirect_uri."),
            ]),
        .init(
            "ServerSession", "A server session: looked up for each request, without JWT.",
            [
                .required("sid", .string), .required("sub", .string), .required("client_id", .string),
                .required("scope", .string), .required("roles", .array(.string)),
                .required("auth_time", .integer, seconds), .required("amr", .array(.string)),
                .required("expires_at", .integer, seconds),
                .required("idle_expires_at", .integer, "Unix seconds; moves on with use."),
            ]),
        .init(
            "LoginRedirect", "Where the browser has to go to complete a sign-in on another host.",
            [.required("redirect_to", .string)]),
        .init(
            "RefreshRequest", "By cookie, or with the refresh token.",
            [
                .required("client_id", .string), .optional("client_secret", .string), .optional("scope", .string),
                .optional("refresh_token", .string),
            ]),
        .init(
            "LogoutRequest", "Empty with a bearer token.",
            [
                .optional("client_id", .string), .optional("refresh_token", .string),
            ]),
        .init(
            "Me", "What an access token is about.",
            [
                .required("sub", .string), .required("client_id", .string), .required("scope", .string),
                .optional("sid", .string), .optional("user_name", .string), .required("roles", .array(.string)),
                .required("exp", .integer, seconds),
            ]),
        .init(
            "OwnSession", "One of the user's sign-ins.",
            [
                .required("id", .string), .required("client_id", .string), .required("current", .boolean),
                .optional("device_name", .string), .required("network", .string),
                .required("last_network", .string, "Of the last use; for the session that asks, of this request."),
                .required("created_at", .integer, seconds),
                .required(
                    "refreshed_at", .integer,
                    "The last use in Unix seconds, rounded down to five minutes; for the session that asks, now."),
                .required("expires_at", .integer, "Unix seconds; an idle end is counted from refreshed_at."),
            ]),
        .init(
            "OwnSessionUpdate", "Another name for the device.", isClosed: true,
            [.requiredOrNull("device_name", .string, "1 to 64 characters, no controls; null for none.")]),
        .init(
            "AccountDeletion", "The proof that it is the user who asks.", isClosed: true,
            [.required("current_password", .string)]),
        page("OwnSessionPage", of: "OwnSession"),
        .init("RevokedCount", "How many sessions ended.", [.required("revoked", .integer)]),
        .init(
            "PasswordChange", "Old and new.",
            [
                .required("current_password", .string), .required("new_password", .string),
            ]),
    ]

    private static let operations: [SchemaDescription] = [
        .init("Health", "It answers.", [.required("status", .choice(["ok"]))]),
        .init(
            "Readiness", "Check by check.",
            [
                .required("ready", .boolean), .required("checks", .array(.reference("ReadinessCheck"))),
            ]),
        .init(
            "ReadinessCheck", "One thing that has to hold.",
            [
                .required("name", .string), .required("ok", .boolean), .optional("detail", .string),
            ]),
    ]
}
