import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/audit`: who did what.
struct AdminAudit: Sendable {
    let services: Services

    func routes(_ gate: AdminGate) -> [Route] {
        [gate.route(.get, "/audit", "listAuditEvents", list)]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let query = ListQuery(request)
        var filter = AuditFilter()
        if let user = query.parameters["user"] { filter.user = try await services.users.find(user).id }
        filter.session = try query.session()
        filter.client = try query.client()
        filter.kind = try query.value("kind", of: AuditEvent.Kind.self)
        return try .resource(try await services.audit.page(filter, query.page()).resource(AuditResource.init))
    }
}

extension AuditResource {
    init(_ event: AuditEvent) {
        self.init(
            id: event.id, kind: event.kind.rawValue, at: event.at.seconds, actor: event.actor.text,
            sub: event.user?.description, sid: event.session?.description, clientID: event.client?.description,
            network: event.network, details: event.details, count: event.count)
    }
}
