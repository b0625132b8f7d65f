import HTTPTypes
import LatchkeyCore

/// `/api/v1/admin/stats` and `/api/v1/admin/consumers`: figures, and who polls the revocation list.
struct AdminStatistics: Sendable {
    let services: Services

    func routes(_ gate: AdminGate) -> [Route] {
        [
            gate.route(.get, "/stats", "getStatistics", statistics),
            gate.route(.get, "/consumers", "listConsumers", consumers),
            gate.route(.delete, "/consumers", "forgetConsumer", forget),
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

    /// The name goes into the query: it may be any text, and a path would take some of it for its own.
    private func forget(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let name = try request.parameters.required("name")
        guard services.feed.forgetConsumer(name, address: request.parameters["address"]) > 0 else {
            throw Refusal(.notFound, "There is no such consumer.")
        }
        return .noContent
    }
}
