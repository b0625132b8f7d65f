import LatchkeyCore

/// The request and response bodies of the user's own API that are not a ``WireObject``: members that are checked one by
/// one, and responses that are written by hand. A test checks each against real requests and responses.
extension SchemaDescription {
    private static let byBasic = "Absent when the client authenticates with HTTP Basic."
    private static let transport = SchemaType.choice(of: Session.Transport.self)

    static let loginRequest = SchemaDescription(
        "LoginRequest", "A sign-in.", needs: ["client_secret": "client_id", "state": "redirect_uri"],
        [
            .required("username", .string), .required("password", .string), .optional("client_id", .clientID, byBasic),
            .optional("client_secret", .string), .optional("scope", .scope),
            .optional("new_password", .string, "For a user who must change the password first."),
            .optional("transport", transport),
            .optional("device_name", .line(0, most: DeviceName.longest), "Shown in the user's list of sessions."),
            .optional(
                "redirect_uri", .string, "With transport session: the URI on another host where the session begins."),
            .optional("state", .string, "The state that the login page received; goes with redirect_uri."),
        ])

    static let serverSession = SchemaDescription(
        "ServerSession", "A server session: the server looks it up for each request, without a JWT.",
        [
            .required("sid", .string), .required("sub", .string), .required("client_id", .string),
            .required("scope", .string), .required("roles", .array(.string)),
            .required("auth_time", .integer, Meaning.instant), .required("amr", .array(.string)),
            .required("expires_at", .integer, Meaning.instant),
            .required("idle_expires_at", .integer, "Unix seconds; each use moves it forward."),
        ])

    static let loginRedirect = SchemaDescription(
        "LoginRedirect", "Where the browser must go to complete a sign-in on another host.",
        [.required("redirect_to", .string)])

    static let refreshRequest = SchemaDescription(
        "RefreshRequest", "A refresh by cookie, or with the refresh token in the body.",
        needs: ["client_secret": "client_id"],
        [
            .optional("client_id", .clientID, byBasic), .optional("client_secret", .string), .optional("scope", .scope),
            .optional("refresh_token", .string),
        ])

    static let logoutRequest = SchemaDescription(
        "LogoutRequest", "Empty when the request has a bearer token.",
        [
            .optional("client_id", .string), .optional("refresh_token", .string),
        ])

    static let me = SchemaDescription(
        "Me", "The subject of an access token.",
        [
            .required("sub", .string), .required("client_id", .string), .required("scope", .string),
            .optional("sid", .string), .optional("user_name", .string), .required("roles", .array(.string)),
            .required("exp", .integer, Meaning.instant),
        ])

    static let ownSessionUpdate = SchemaDescription(
        "OwnSessionUpdate", "A new name for the device.", isClosed: true,
        [.requiredOrNull("device_name", .line(1, most: DeviceName.longest), "Null for none.")])

    static let accountDeletion = SchemaDescription(
        "AccountDeletion", "Proof that the request comes from the user.", isClosed: true,
        [.required("current_password", .string)])

    static let revokedCount = SchemaDescription(
        "RevokedCount", "How many sessions ended.", [.required("revoked", .integer)])

    static let passwordChange = SchemaDescription(
        "PasswordChange", "The current and the new password.",
        [
            .required("current_password", .string), .required("new_password", .string),
        ])
}
