import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/logout`: ends the session of a bearer token, a cookie or a refresh token. 204 when it has ended, now or
/// before; never for a session that may live on.
struct LogoutEndpoint: Sendable {
    private let services: Services
    private let gate: BearerGate
    private let cookie: RefreshCookie
    private let session: SessionCookie

    init(services: Services, cookie: RefreshCookie, session: SessionCookie) {
        self.services = services
        self.cookie = cookie
        self.session = session
        gate = BearerGate(services)
    }

    var route: Route {
        Route(.post, "/api/v1/logout", errors: .problem, access: .anyone, operation: "logOut", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try JSONBody(request, mayBeEmpty: true)
        let clientID = try body.text("client_id")
        if try BearerToken(request.headers) != nil {
            try await endByBearer(request, context)
        } else if let token = try body.text("refresh_token") {
            try await endByRefreshToken(token, clientID: clientID, context)
        } else if let clientID {
            return try await endByCookie(request, clientID: clientID, context)
        } else {
            throw Refusal(
                .bearerMissing,
                "Say what to end: by bearer token, by refresh_token, or by client_id with its cookie.")
        }
        return Response(status: .noContent)
    }

    // MARK: Bearer

    private func endByBearer(_ request: Request, _ context: RequestContext) async throws {
        let text = try await gate.token(request, context)
        let claims: AccessTokenClaims
        do {
            claims = try services.bearer.verify(text).claims
        } catch let refusal as Refusal {
            guard let ended = try await claimsOfEndedSession(text) else { throw refusal }
            return forgetCookie(of: ended, request, context)
        }
        guard let session = claims.sessionID else {
            let target = RevocationTarget.token(claims.tokenID, session: nil, expiresAt: claims.expiresAt)
            _ = try await services.revocations.revoke(
                RevocationOrder(target, reason: .logout, actor: actor(of: claims)))
            return
        }
        let outcome = try await services.sessions.end(session, reason: .logout, actor: actor(of: claims))
        if outcome == .unknownTarget {
            // The row is gone already; the token that was presented must die all the same.
            let target = RevocationTarget.token(claims.tokenID, session: nil, expiresAt: claims.expiresAt)
            _ = try await services.revocations.revoke(
                RevocationOrder(target, reason: .logout, actor: actor(of: claims)))
        }
        forgetCookie(of: claims, request, context)
    }

    private func actor(of claims: AccessTokenClaims) -> Actor {
        claims.userID.map { .user($0) } ?? .client(claims.clientID)
    }

    /// Logging out twice is fine: the second time the token is genuine and unexpired, and its session is over. A token
    /// that was revoked by itself, or has expired, proves no such thing.
    private func claimsOfEndedSession(_ text: String) async throws -> AccessTokenClaims? {
        let ring = services.keyRing.current
        let rules = AccessTokenRules(issuer: services.settings.issuer, audience: nil, skew: .zero)
        let now = services.clock.now()
        guard
            let token = try? UnverifiedToken(parsing: text).verified(
                keys: { ring.verificationKey($0) }, rules: rules, now: now),
            let id = token.claims.sessionID
        else { return nil }
        guard let record = try await services.store.session(id) else { return token.claims }
        return SessionValidity.judge(record, idleLifetime: nil, now: now) == .valid ? nil : token.claims
    }

    private func forgetCookie(of claims: AccessTokenClaims, _ request: Request, _ context: RequestContext) {
        guard let session = claims.sessionID else { return }
        cookie.forget(session, of: claims.clientID, request, context)
    }

    // MARK: Refresh token

    /// Whoever holds a genuine token may end what it stands for; anything else is nobody's session.
    private func endByRefreshToken(_ token: String, clientID: String?, _ context: RequestContext) async throws {
        guard let record = try await services.sessions.lookup(refreshToken: token)?.record else { return }
        guard clientID?.equalsBytes(of: record.session.client.description) ?? true else { return }
        context.browser.note(record.client)
        try await end(record)
    }

    // MARK: Cookie

    private func endByCookie(
        _ request: Request, clientID: String, _ context: RequestContext
    ) async throws -> Response {
        guard let id = ClientID(clientID), let client = try await services.clientDirectory.client(id) else {
            throw Refusal(.invalidClient, "There is no client with this client_id.")
        }
        context.browser.note(client)
        try CSRFCheck.pass(request.headers, origins: client.origins)
        if let token = cookie.token(in: request.headers, for: id),
            let record = try await services.sessions.lookup(refreshToken: token)?.record, record.session.client == id
        {
            try await end(record)
        }
        context.browser.setCookie(cookie.clearing(for: id))
        try await endSessionCookie(request, of: id, context)
        // "cookies" would log the user out of every application on the registrable domain, "storage" would empty an
        // application that shares our origin. What we may have left behind is cached answers.
        return Response(status: .noContent, headers: [.clearSiteData: "\"cache\""])
    }

    /// The host has one session cookie for all clients, so another client's live session stays.
    private func endSessionCookie(_ request: Request, of client: ClientID, _ context: RequestContext) async throws {
        guard let token = session.token(in: request.headers) else { return }
        if let record = try await services.sessions.lookup(sessionToken: token) {
            guard record.session.client == client else { return }
            try await end(record)
        }
        context.browser.setCookie(session.clearing)
    }

    private func end(_ record: SessionRecord) async throws {
        _ = try await services.sessions.end(
            record.session.id, reason: .logout, actor: .user(record.session.user))
    }
}

extension HTTPField.Name {
    /// W3C Clear Site Data.
    static let clearSiteData = HTTPField.Name("Clear-Site-Data") ?? .server
}
