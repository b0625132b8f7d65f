import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/logout`: ends the session of a bearer token, a cookie or a refresh token. 204 when it has ended, now
/// or earlier; never for a session that may be live.
struct LogoutEndpoint: Sendable {
    let sessions: SessionService
    let revocations: RevocationLog
    let directory: ClientDirectory
    let cookies: PageCookies

    var route: Route { Route(.post, PublicPath.logout, "logOut", .open(handle)) }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try JSONBody(request, mayBeEmpty: true)
        let clientID = try body.text("client_id")
        if let token = try BearerToken(request.headers) {
            await context.browser.note(token, directory)
            let claims = try await revocations.logOut(accessToken: token.text)
            if let session = claims.sessionID { cookies.forget(session, of: claims.clientID, request, context) }
        } else if let token = try body.text("refresh_token") {
            try await endByRefreshToken(token, clientID: clientID, context)
        } else if let clientID {
            return try await endByCookie(request, clientID: clientID, context)
        } else {
            throw Refusal(
                .bearerMissing,
                "Say what to end: send a bearer token, a refresh_token, or client_id with its cookie.")
        }
        return Response(status: .noContent)
    }

    /// A caller with a genuine token may end its session; any other text belongs to no session.
    private func endByRefreshToken(_ token: String, clientID: String?, _ context: RequestContext) async throws {
        guard let record = try await sessions.lookup(refreshToken: token)?.record else { return }
        guard clientID?.equalsBytes(of: record.session.client.description) ?? true else { return }
        context.browser.note(record.client)
        try await end(record)
    }

    // MARK: Cookie

    private func endByCookie(
        _ request: Request, clientID: String, _ context: RequestContext
    ) async throws -> Response {
        guard let id = ClientID(clientID), let client = try await directory.client(id) else {
            throw Refusal(.invalidClient, "There is no client with this client_id.")
        }
        context.browser.note(client)
        let page = try ClientPage(request, of: client)
        if let token = cookies.refreshToken(of: page),
            let record = try await sessions.lookup(refreshToken: token)?.record, record.session.client == id
        {
            try await end(record)
        }
        cookies.clearRefreshToken(of: page, context)
        try await endSessionCookie(page, context)
        // "cookies" would log the user out of every application on the registrable domain, "storage" would empty an
        // application that shares our origin. Only cached responses may be left behind.
        return Response(status: .noContent, headers: [.clearSiteData: "\"cache\""])
    }

    /// The host has one session cookie for all clients, so another client's live session stays.
    private func endSessionCookie(_ page: ClientPage, _ context: RequestContext) async throws {
        guard let token = cookies.sessionToken(of: page) else { return }
        if let record = try await sessions.lookup(sessionToken: token) {
            guard record.session.client == page.client.id else { return }
            try await end(record)
        }
        cookies.clearSession(of: page, context)
    }

    private func end(_ record: SessionRecord) async throws {
        _ = try await sessions.end(record.session.id, reason: .logout, actor: .user(record.session.user))
    }
}

extension HTTPField.Name {
    /// W3C Clear Site Data.
    static let clearSiteData = HTTPField.Name("Clear-Site-Data") ?? .server
}
