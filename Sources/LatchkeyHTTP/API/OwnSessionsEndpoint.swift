import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/sessions`: users see and end their own sign-ins, and nobody else's.
struct OwnSessionsEndpoint: Sendable {
    private let services: Services
    private let gate: BearerGate
    private let cookie: RefreshCookie

    init(services: Services, cookie: RefreshCookie) {
        self.services = services
        self.cookie = cookie
        gate = BearerGate(services)
    }

    var routes: [Route] {
        [
            Route(
                .get, "/api/v1/sessions", errors: .problem, access: .account, operation: "listOwnSessions",
                handler: list),
            Route(
                .delete, "/api/v1/sessions/{sid}", errors: .problem, access: .account, operation: "endOwnSession",
                handler: end),
            Route(
                .post, "/api/v1/sessions/revoke-others", errors: .problem, access: .account,
                operation: "endOtherSessions", handler: endOthers),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let filter = SessionFilter(user: caller.user.id, state: .active)
        let page = try await services.store.sessions(filter, page: try ListQuery(request).page())
        let now = services.clock.now()
        let items = page.items.compactMap { record -> OwnSession? in
            let idle = record.client.idleLifetime ?? services.settings.refresh.idleLifetime
            guard SessionValidity.judge(record, idleLifetime: idle, now: now) == .valid else { return nil }
            return OwnSession(record, idleLifetime: idle, current: caller.session.id)
        }
        return try .resource(PageResource(items: items, nextCursor: page.nextCursor))
    }

    private func end(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let id = try context.sessionID()
        guard let record = try await services.store.session(id), record.session.user == caller.user.id else {
            throw Refusal(.notFound, "There is no session of yours with this id.")
        }
        _ = try await services.sessions.end(id, reason: .user, actor: .user(caller.user.id))
        if let text = cookie.token(in: request.headers, for: record.session.client), RefreshToken(text)?.session == id {
            context.browser.setCookie(cookie.clearing(for: record.session.client))
        }
        return .noContent
    }

    private func endOthers(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let ended = try await services.sessions.revokeOthers(user: caller.user.id, keeping: caller.session.id)
        return .json(JSONWriter.object { $0.member("revoked", ended) })
    }
}

/// One of the caller's own sign-ins, as a list of devices shows it. Times in Unix seconds.
struct OwnSession: Codable, Sendable, Equatable {
    let id: String
    let clientID: String
    /// Whether the request itself comes from this session.
    let current: Bool
    let deviceName: String?
    /// The source network at login, and that of the last refresh.
    let network: String
    let lastNetwork: String
    let createdAt: Int64
    /// When it was last seen: each refresh that rotates counts.
    let refreshedAt: Int64
    /// The earlier of idle and absolute end.
    let expiresAt: Int64

    init(_ record: SessionRecord, idleLifetime: Duration, current: SessionID) {
        let session = record.session
        id = session.id.description
        clientID = session.client.description
        self.current = session.id == current
        deviceName = session.deviceName
        network = session.network
        lastNetwork = session.lineage.rotatedFrom
        createdAt = session.createdAt.seconds
        refreshedAt = session.lineage.rotatedAt.seconds
        expiresAt = min(session.expiresAt, session.lineage.rotatedAt + idleLifetime).seconds
    }

    enum CodingKeys: String, CodingKey {
        case id, current, network
        case clientID = "client_id"
        case deviceName = "device_name"
        case lastNetwork = "last_network"
        case createdAt = "created_at"
        case refreshedAt = "refreshed_at"
        case expiresAt = "expires_at"
    }
}
