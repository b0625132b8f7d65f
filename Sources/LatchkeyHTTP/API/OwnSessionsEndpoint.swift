import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/sessions`: users see, name and end their own sign-ins, and nobody else's.
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
                .patch, "/api/v1/sessions/{sid}", errors: .problem, access: .account, operation: "renameOwnSession",
                handler: rename),
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
        let asker = OwnSession.Asker(
            session: caller.session.id, network: context.network, now: services.clock.now())
        let items = page.items.compactMap { record -> OwnSession? in
            let idle = idleLifetime(of: record.client)
            guard SessionValidity.judge(record, idleLifetime: idle, now: asker.now) == .valid else { return nil }
            return OwnSession(record, idleLifetime: idle, to: asker)
        }
        return try .resource(PageResource(items: items, nextCursor: page.nextCursor))
    }

    private func rename(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let body = try JSONBody(request)
        try body.members(only: ["device_name"])
        let name = try deviceName(body)
        guard
            let record = try await services.sessions.rename(
                try context.sessionID(), of: caller.user.id, to: name)
        else { throw Refusal(.notFound, "There is no live session of yours with this id.") }
        let asker = OwnSession.Asker(
            session: caller.session.id, network: context.network, now: services.clock.now())
        return try .resource(OwnSession(record, idleLifetime: idleLifetime(of: record.client), to: asker))
    }

    /// As at login, but said outright: `null` takes the name away, and an empty text is a mistake.
    private func deviceName(_ body: JSONBody) throws(Refusal) -> String? {
        if body.isNull("device_name") { return nil }
        guard let text = try body.text("device_name") else {
            throw Refusal(.invalidRequest, "The member device_name must be a text that is not empty, or null for none.")
        }
        return try DeviceName.judged(text)
    }

    private func idleLifetime(of client: Client) -> Duration {
        client.idleLifetime ?? services.settings.refresh.idleLifetime
    }

    private func end(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let id = try context.sessionID()
        guard let record = try await services.store.session(id), record.session.user == caller.user.id else {
            throw Refusal(.notFound, "There is no session of yours with this id.")
        }
        _ = try await services.sessions.end(id, reason: .user, actor: .user(caller.user.id))
        cookie.forget(id, of: record.session.client, request, context)
        return .noContent
    }

    private func endOthers(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let ended = try await services.sessions.revokeOthers(user: caller.user.id, keeping: caller.session.id)
        return .json(JSONWriter.object { $0.member("revoked", ended) })
    }
}
