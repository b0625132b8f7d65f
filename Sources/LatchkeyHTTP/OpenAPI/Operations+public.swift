extension OperationDescription {
    /// Everything except the admin API, by method and path.
    static let publicAPI: [String: OperationDescription] = oauth.merging(account) { first, _ in first }
        .merging(browser) { first, _ in first }.merging(operations) { first, _ in first }

    private static let list = [
        Parameter(
            "wait", .natural,
            "Holds the request until there is something newer, for up to this many seconds; without a free place, for "
                + "next_update or not at all."),
        Parameter("after", .natural, "Only entries with a greater seq; goes with epoch."),
        Parameter("epoch", .nonEmpty, "The epoch of the document that after comes from."),
        Parameter(
            "consumer", .consumer, "Name of the poller; the server shows its progress."),
        Parameter("leave", .choice(["true"]), "With consumer alone: it no longer polls and is forgotten."),
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
        "GET /.well-known/openid-configuration": .init(
            "discovery", "The same document for OpenID Connect (Discovery 1.0).",
            Answer(status: 200, description: "The metadata.", contentType: "application/json", type: .anyObject),
            .empty(304, "Not modified.")),
        "GET /revocations": .init(
            "revocations", "The revocation list: a snapshot, or the entries after after.",
            query: list,
            .json(.revocationDocument, "The list; with Accept: application/jwt as a signed JWS."),
            .empty(204, "The leaving consumer is forgotten."), .empty(304, "Not modified.")),
        "GET /revocations.jwt": .init(
            "revocations", "The revocation list as a signed JWS, suitable for mirrors.", query: list,
            .text("application/jwt", "A JWS of typ revocations+jwt."),
            .empty(204, "The leaving consumer is forgotten."), .empty(304, "Not modified.")),
        "GET /statuslists": .init(
            "revocations", "The URIs of the Token Status Lists; only with status_list.enabled.",
            .json(.statusListAggregation)),
        "GET /statuslists/{n}": .init(
            "revocations", "A Token Status List: the status of each token that refers to it, by its idx.",
            query: [Parameter("time", .natural, "Asks for a past list; these are not kept, so the answer is 501.")],
            .text("application/statuslist+jwt", "A JWT of typ statuslist+jwt."), .empty(304, "Not modified.")),
        "POST /oauth2/token": .init(
            "oauth", "The token endpoint (RFC 6749 3.2): refresh_token and client_credentials.",
            body: .form(.tokenRequest), .json(.tokenResponse)),
        "POST /oauth2/revoke": .init(
            "oauth", "Token revocation (RFC 7009).", body: .form(.tokenReference),
            .empty(200, "Revoked, or the caller had nothing to revoke.")),
        "POST /oauth2/introspect": .init(
            "oauth", "Token introspection (RFC 7662).", body: .form(.tokenReference), .json(.introspection)),
        "GET /oauth2/userinfo": .init(
            "oauth", "Claims about the user of an access token (OpenID Connect Core 5.3).", .json(.userInfo)),
        "POST /oauth2/userinfo": .init(
            "oauth", "The same; the token may be in the form instead of the header.",
            body: .form(.userInfoRequest, isRequired: false), .json(.userInfo)),
    ]

    private static let account: [String: OperationDescription] = [
        "POST /api/v1/login": .init(
            "account", "Signs a user in through a first-party client.", body: .json(.loginRequest),
            Answer(
                status: 200, description: "Signed in; the content depends on transport and redirect_uri.",
                contentType: "application/json",
                type: .oneOf([.tokenResponse, .serverSession, .loginRedirect]))),
        "POST /api/v1/refresh": .init(
            "account", "Refreshes a session, by cookie or by refresh token.", body: .json(.refreshRequest),
            .json(.tokenResponse)),
        "POST /api/v1/logout": .init(
            "account", "Ends the session of a bearer token, a cookie or a refresh token.",
            body: .json(.logoutRequest, isRequired: false), .empty(204, "Ended, now or earlier.")),
        "GET /api/v1/me": .init("account", "Shows the subject of a live access token.", .json(.me)),
        "POST /api/v1/me/delete": .init(
            "account",
            "Deletes the user's own account; 403 current_password_wrong, 409 for the last administrator.",
            body: .json(.accountDeletion), .empty(204, "Deleted; its sessions and tokens are invalid.")),
        "GET /api/v1/sessions": .init(
            "account", "Lists the user's own sessions.", query: [.limit, .cursor], .json(PageResource<OwnSession>.self)),
        "PATCH /api/v1/sessions/{sid}": .init(
            "account", "Names the device of one of the user's own live sessions.", body: .json(.ownSessionUpdate),
            .json(OwnSession.self)),
        "DELETE /api/v1/sessions/{sid}": .init(
            "account", "Ends one of the user's own sessions.", .empty(204, "Ended, now or earlier.")),
        "POST /api/v1/sessions/revoke-others": .init(
            "account", "Ends all of the user's sessions except this one.", .json(.revokedCount)),
        "POST /api/v1/password": .init(
            "account",
            "Changes the password, ends all sessions and returns tokens of a new one; 403 current_password_wrong.",
            body: .json(.passwordChange), .json(.tokenResponse)),
    ]

    private static let browser: [String: OperationDescription] = [
        "GET /api/v1/session": .init(
            "session",
            "Tells the application's backend whose session the cookie holds; counts as a use of the session.",
            query: [Parameter("client_id", .nonEmpty, "Only a session of this client.")], .json(.serverSession)),
        "GET /start": .init(
            "session", "Begins a sign-in on another host; reached through the application's host.",
            query: [
                Parameter("client_id", .clientID, "The application.", isRequired: true),
                Parameter("return_to", .string, "A path on the application's host, at most 2048 bytes; / when absent."),
                Parameter("redirect_uri", .string, "Required when the client has several."),
            ], .empty(303, "Redirects to the client's login page.")),
        "GET /callback": .init(
            "session", "Completes a sign-in on another host; reached through the application's host.",
            query: [
                Parameter("code", .nonEmpty, "The one-time code."),
                Parameter("state", .nonEmpty, "The state that this browser started with.", isRequired: true),
                Parameter("iss", .string, "The issuer (RFC 9207)."),
            ], .empty(303, "Signed in; redirects to the page that was asked for.")),
        "GET /forward-auth": .init(
            "session", "Authorizes a request for nginx auth_request, Traefik ForwardAuth and Caddy forward_auth.",
            query: [
                Parameter("client_id", .clientID, "The session or token must belong to this client."),
                Parameter(
                    "audience", .nonEmpty, "The token must be for this audience. Either this or client_id is required."),
                Parameter("scope", .neededScope, "Separated by spaces; all are required."),
                Parameter("role", .array(.nonEmpty), "May be repeated; all are required."),
                Parameter("token", .choice(["1"]), "Adds X-Latchkey-Token, an access token for the upstream."),
                Parameter("redirect", .choice(["1"]), "Sends browsers without a session to /latchkey/start."),
            ],
            .empty(200, "The request may pass; X-Latchkey-* headers identify the caller."),
            .empty(302, "With redirect=1: redirects to where the browser can sign in."),
            .empty(401, "The caller is not signed in."), .empty(403, "The caller is signed in and may not do this.")),
    ]

    private static let operations: [String: OperationDescription] = [
        "GET /healthz": .init("operations", "Shows that the process answers.", .json(.health)),
        "GET /readyz": .init(
            "operations", "Shows whether the server can do its job: store writable, key active, clock right.",
            .json(Readiness.self), .json(Readiness.self, status: 503, "Not ready; says which check failed.")),
        "GET /metrics": .init(
            "operations", "Metrics for Prometheus.", .text("text/plain", "Text exposition format 0.0.4.")),
        "GET /openapi.json": .init(
            "discovery", "This document.",
            Answer(status: 200, description: "OpenAPI 3.1.", contentType: "application/json", type: .anyObject),
            .empty(304, "Not modified.")),
    ]
}
