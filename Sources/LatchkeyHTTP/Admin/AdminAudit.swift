import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/audit`: who did what.
struct AdminAudit: Sendable {
    let users: UserService
    let audit: AuditTrail

    var routes: [Route] {
        [Route(.get, AdminPath.audit, "listAuditEvents", .admin(.reads, list))]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        var filter = AuditFilter()
        // Also for a user who was deleted or renamed since.
        if let user = query.parameters["user"] { filter.users = try await users.everyone(user) }
        filter.session = try query.session()
        filter.client = try query.client()
        filter.kind = try query.value("kind", of: AuditEvent.Kind.self)
        filter.since = try query.since()
        return try .resource(try await audit.page(filter, query.page()).resource(AuditResource.init))
    }
}

extension AuditResource {
    init(_ event: AuditEvent) {
        self.init(
            id: event.id, kind: event.kind.rawValue, at: event.at.seconds, actor: event.actor.text,
            actorName: event.actorName, sub: event.user?.description, userName: event.userName,
            sid: event.session?.description, clientID: event.client?.description,
            network: event.network, details: event.details, count: event.count)
    }
}
