extension OperationDescription {
    /// Everything but the admin API, by method and path.
    static let publicAPI: [String: OperationDescription] = oauth.merging(account) { first, _ in first }
        .merging(browser) { first, _ in first }.merging(operations) { first, _ in first }

    private static let list = [
        Parameter(
            "wait", .integer,
            "Holds the request so many seconds for something newer; without a free place for next_update, or not."),
        Parameter("after", .integer, "Only entries with a greater seq; goes with epoch."),
        Parameter("epoch", .string, "The epoch of the document that after comes from."),
        Parameter(
            "consumer", .string, "The name under which the server shows how far the poller is, up to 64 characters."),
        Parameter("leave", .choice(["true"]), "With consumer alone: it polls no more and is forgotten."),
    ]

    private static let oauth: [String: OperationDescription] = [
        "GET /.well-known/jwks.json": .init(
            "discovery", "The public signing keys (RFC 7517).",
            Answer(status: 200, description: "The JWK Set.", contentType: "application/jwk-set+json", type: .anyObject),
            .empty(304, "Not modified.")),
        "GET /.well-known/oauth-authorization-server": .init(
            "discovery", "Authorization server metadata (RFC 8414).",
            Answer(status: 200, description: "The metadata.", contentType: "application/json", type: .anyObject),
            .empty(304, "Not modified.")),
        "GET /revocations": .init(
            "revocations", "The revocation list: a snapshot, or what is newer than after.",
            query: list,
            .json(.revocationDocument, "The list; with Accept: application/jwt as a signed JWS."),
            .empty(204, "The consumer that leaves is forgotten."), .empty(304, "Not modified.")),
        "GET /revocations.jwt": .init(
            "revocations", "The revocation list as a signed JWS, fit for mirrors.", query: list,
            .text("application/jwt", "A JWS of typ revocations+jwt."),
            .empty(204, "The consumer that leaves is forgotten."), .empty(304, "Not modified.")),
        "GET /statuslists": .init(
            "revocations", "Where the Token Status Lists stand; only with status_list.enabled.",
            .json(.statusListAggregation)),
        "GET /statuslists/{n}": .init(
            "revocations", "A Token Status List: the status of each token that names it, by its idx.",
            query: [Parameter("time", .integer, "Asks for a list of the past, which is not kept: 501.")],
            .text("application/statuslist+jwt", "A JWT of typ statuslist+jwt."), .empty(304, "Not modified.")),
        "POST /oauth2/token": .init(
            "oauth", "The token endpoint (RFC 6749 3.2): refresh_token and client_credentials.",
            body: .form(.tokenRequest), .json(.tokenResponse)),
        "POST /oauth2/revoke": .init(
            "oauth", "Token revocation (RFC 7009).", body: .form(.tokenReference),
            .empty(200, "Revoked, or there was nothing of the caller's to revoke.")),
        "POST /oauth2/introspect": .init(
            "oauth", "Token introspection (RFC 7662).", body: .form(.tokenReference), .json(.introspection)),
    ]

    private static let account: [String: OperationDescription] = [
        "POST /api/v1/login": .init(
            "account", "Signs a user in through a first-party client.", body: .json(.loginRequest),
            Answer(
                status: 200, description: "Signed in; what comes back goes by transport and redirect_uri.",
                contentType: "application/json",
                type: .oneOf([.tokenResponse, .serverSession, .loginRedirect]))),
        "POST /api/v1/refresh": .init(
            "account", "Advances a session, by cookie or by refresh token.", body: .json(.refreshRequest),
            .json(.tokenResponse)),
        "POST /api/v1/logout": .init(
            "account", "Ends the session of a bearer token, a cookie or a refresh token.",
            body: .json(.logoutRequest, isRequired: false), .empty(204, "Ended, now or before.")),
        "GET /api/v1/me": .init("account", "Tells what a live access token is about.", .json(.me)),
        "POST /api/v1/me/delete": .init(
            "account",
            "Deletes the user's own account; 403 current_password_wrong, 409 for the last administrator.",
            body: .json(.accountDeletion), .empty(204, "Deleted; its sessions and tokens are void.")),
        "GET /api/v1/sessions": .init(
            "account", "Lists the user's own sessions.", query: [.limit, .cursor], .json(PageResource<OwnSession>.self)),
        "PATCH /api/v1/sessions/{sid}": .init(
            "account", "Names the device of one of the user's own live sessions.", body: .json(.ownSessionUpdate),
            .json(OwnSession.self)),
        "DELETE /api/v1/sessions/{sid}": .init(
            "account", "Ends one of the user's own sessions.", .empty(204, "Ended, now or before.")),
        "POST /api/v1/sessions/revoke-others": .init(
            "account", "Ends all of the user's sessions but this one.", .json(.revokedCount)),
        "POST /api/v1/password": .init(
            "account",
            "Changes the password; ends all sessions and answers with tokens of a new one; 403 current_password_wrong.",
            body: .json(.passwordChange), .json(.tokenResponse)),
    ]

    private static let browser: [String: OperationDescription] = [
        "GET /api/v1/session": .init(
            "session", "Tells the application's backend whose session the cookie is; counts as a use of it.",
            query: [Parameter("client_id", .string, "Only a session of this client.")], .json(.serverSession)),
        "GET /start": .init(
            "session", "Begins a sign-in on another host; reached through the application's host.",
            query: [
                Parameter("client_id", .string, "The application."),
                Parameter("return_to", .string, "A path on the application's host, at most 2048 bytes; / when absent."),
                Parameter("redirect_uri", .string, "Needed when the client has several."),
            ], .empty(303, "To the client's login page.")),
        "GET /callback": .init(
            "session", "Completes a sign-in on another host; reached through the application's host.",
            query: [
                Parameter("code", .string, "The one-time code."), Parameter("state", .string, "Of the same browser."),
                Parameter("iss", .string, "The issuer (RFC 9207)."),
            ], .empty(303, "Signed in; to where the browser wanted to go.")),
        "GET /forward-auth": .init(
            "session", "Judges a request for nginx auth_request, Traefik ForwardAuth and Caddy forward_auth.",
            query: [
                Parameter("client_id", .string, "Session or token must be this client's."),
                Parameter("audience", .string, "The token must be for it. This or client_id is needed."),
                Parameter("scope", .string, "Separated by spaces; all are needed."),
                Parameter("role", .array(.string), "May come more than once; all are needed."),
                Parameter("token", .choice(["1"]), "Adds X-Latchkey-Token, an access token for the upstream."),
                Parameter("redirect", .choice(["1"]), "Sends browsers without a session to /latchkey/start."),
            ],
            .empty(200, "May pass; X-Latchkey-* headers say who it is."),
            .empty(302, "With redirect=1: to where the browser can sign in."),
            .empty(401, "Nobody is signed in."), .empty(403, "Somebody is, who may not do this.")),
    ]

    private static let operations: [String: OperationDescription] = [
        "GET /healthz": .init("operations", "Whether the process answers.", .json(.health)),
        "GET /readyz": .init(
            "operations", "Whether the server can do its job: store writable, key active, clock right.",
            .json(Readiness.self), .json(Readiness.self, status: 503, "Not ready; says which check failed.")),
        "GET /metrics": .init(
            "operations", "Metrics for Prometheus.", .text("text/plain", "Text exposition format 0.0.4.")),
        "GET /openapi.json": .init(
            "discovery", "This document.",
            Answer(status: 200, description: "OpenAPI 3.1.", contentType: "application/json", type: .anyObject),
            .empty(304, "Not modified.")),
    ]
}
