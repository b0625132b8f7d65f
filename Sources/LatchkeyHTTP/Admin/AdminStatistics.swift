import HTTPTypes
import LatchkeyCore

/// `/api/v1/admin/stats` and `/api/v1/admin/consumers`: figures, and who polls the revocation list.
struct AdminStatistics: Sendable {
    let services: Services

    func routes(_ gate: AdminGate) -> [Route] {
        [
            gate.route(.get, "/stats", "getStatistics", statistics),
            gate.route(.get, "/consumers", "listConsumers", consumers),
        ]
    }

    private func statistics(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try .resource(StatsResource(try await RuntimeFigures.read(services)))
    }

    /// All of them: the feed keeps a bounded number.
    private func consumers(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        _ = try ListQuery(request).page()
        let now = services.clock.now()
        let consumers = services.feed.consumers().map { ConsumerResource($0, now: now) }
        return try .resource(PageResource(items: consumers, nextCursor: nil))
    }
}
