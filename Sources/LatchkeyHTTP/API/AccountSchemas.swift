import LatchkeyCore

/// What the user's own API reads and writes where it is no ``WireObject``: members that are judged one by one, and answers
/// that are written by hand. A test holds each to real requests and answers.
extension SchemaDescription {
    private static let byBasic = "Absent when the client authenticates by Basic."
    private static let transport = SchemaType.choice(of: Session.Transport.self)

    static let loginRequest = SchemaDescription(
        "LoginRequest", "A sign-in.",
        [
            .required("username", .string), .required("password", .string), .optional("client_id", .string, byBasic),
            .optional("client_secret", .string), .optional("scope", .string),
            .optional("new_password", .string, "For a user who has to change the password first."),
            .optional("transport", transport),
            .optional("device_name", .string, "For the user's list of sessions."),
            .optional(
                "redirect_uri", .string, "With transport session: where the session is to begin, on another host."),
            .optional("state", .string, "As it came to the login page; goes with redirect_uri."),
        ])

    static let serverSession = SchemaDescription(
        "ServerSession", "A server session: looked up for each request, without JWT.",
        [
            .required("sid", .string), .required("sub", .string), .required("client_id", .string),
            .required("scope", .string), .required("roles", .array(.string)),
            .required("auth_time", .integer, Meaning.instant), .required("amr", .array(.string)),
            .required("expires_at", .integer, Meaning.instant),
            .required("idle_expires_at", .integer, "Unix seconds; moves on with use."),
        ])

    static let loginRedirect = SchemaDescription(
        "LoginRedirect", "Where the browser has to go to complete a sign-in on another host.",
        [.required("redirect_to", .string)])

    static let refreshRequest = SchemaDescription(
        "RefreshRequest", "By cookie, or with the refresh token.",
        [
            .optional("client_id", .string, byBasic), .optional("client_secret", .string), .optional("scope", .string),
            .optional("refresh_token", .string),
        ])

    static let logoutRequest = SchemaDescription(
        "LogoutRequest", "Empty with a bearer token.",
        [
            .optional("client_id", .string), .optional("refresh_token", .string),
        ])

    static let me = SchemaDescription(
        "Me", "What an access token is about.",
        [
            .required("sub", .string), .required("client_id", .string), .required("scope", .string),
            .optional("sid", .string), .optional("user_name", .string), .required("roles", .array(.string)),
            .required("exp", .integer, Meaning.instant),
        ])

    static let ownSessionUpdate = SchemaDescription(
        "OwnSessionUpdate", "Another name for the device.", isClosed: true,
        [.requiredOrNull("device_name", .string, "1 to 64 characters, no controls; null for none.")])

    static let accountDeletion = SchemaDescription(
        "AccountDeletion", "The proof that it is the user who asks.", isClosed: true,
        [.required("current_password", .string)])

    static let revokedCount = SchemaDescription(
        "RevokedCount", "How many sessions ended.", [.required("revoked", .integer)])

    static let passwordChange = SchemaDescription(
        "PasswordChange", "Old and new.",
        [
            .required("current_password", .string), .required("new_password", .string),
        ])
}
