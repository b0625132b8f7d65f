import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/sessions`: sign-ins.
struct AdminSessions: Sendable {
    let sessions: SessionService
    let users: UserService
    let clock: Clock

    var routes: [Route] {
        [
            Route(.get, AdminPath.sessions, "listSessions", .admin(.reads, list)),
            Route(.get, AdminPath.oneSession, "getSession", .admin(.reads, get)),
            Route(.delete, AdminPath.oneSession, "revokeSession", .admin(.changes, revoke)),
            Route(.get, AdminPath.explainSession, "explainSession", .admin(.reads, explain)),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        var filter = SessionFilter()
        if let user = query.parameters["user"] { filter.user = try await users.find(user).id }
        filter.client = try query.client()
        filter.state = try query.value("state", of: SessionFilter.State.self)
        filter.since = try query.since()
        let page = try await sessions.page(filter, query.page())
        return try .resource(page.resource(resource))
    }

    private func get(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try .resource(resource(try await sessions.find(try context.sessionID())))
    }

    /// Ending an ended session has nothing to do: 204 as well.
    private func revoke(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        switch try await sessions.end(try context.sessionID(), reason: .admin, actor: actor) {
        case .revoked, .nothingToRevoke: return .noContent
        case .unknownTarget: throw Refusal(.notFound, "There is no session with this id.")
        }
    }

    private func explain(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let explanation = try await sessions.explain(try context.sessionID())
        return try .resource(
            SessionExplanationResource(
                session: explanation.record.map(resource), verdict: explanation.verdict,
                ending: explanation.ending.map(SessionEndingResource.init),
                events: explanation.events.map(AuditResource.init)))
    }

    private func resource(_ record: SessionRecord) -> SessionResource {
        SessionResource(record, idleLifetime: sessions.idleLifetime(of: record.client), now: clock.now())
    }
}

extension SessionEndingResource {
    init(_ ending: SessionEnding) {
        self.init(
            reason: ending.reason?.rawValue, at: ending.at?.seconds, actor: ending.actor?.text,
            actorName: ending.actorName, note: ending.note, seq: ending.sequence)
    }
}

extension SessionResource {
    /// - Parameter now: decides whether the session has expired.
    init(_ record: SessionRecord, idleLifetime idle: Duration, now: Timestamp) {
        let session = record.session
        let state =
            switch SessionValidity.judge(record, idleLifetime: idle, now: now) {
            case .valid: "active"
            case .expired: "expired"
            case .revoked: "ended"
            }
        self.init(
            id: session.id.description, sub: session.user.description, userName: record.user.name,
            clientID: session.client.description, state: state, transport: session.transport.rawValue,
            scope: session.scope.description, generation: Int64(session.lineage.current),
            deviceName: session.deviceName, network: session.network, lastNetwork: session.lineage.rotatedFrom,
            createdAt: session.createdAt.seconds, refreshedAt: session.lineage.rotatedAt.seconds,
            expiresAt: min(session.expiresAt, session.lineage.rotatedAt + idle).seconds,
            endedAt: session.endedAt?.seconds, endReason: session.endReason?.rawValue)
    }
}
