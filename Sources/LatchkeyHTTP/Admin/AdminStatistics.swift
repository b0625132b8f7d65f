import HTTPTypes
import LatchkeyCore

/// `/api/v1/admin/stats` and `/api/v1/admin/consumers`: figures, and the pollers of the revocation list.
struct AdminStatistics: Sendable {
    let health: ServerHealth
    let feed: RevocationFeed
    let clock: Clock

    var routes: [Route] {
        [
            Route(.get, AdminPath.statistics, "getStatistics", .admin(.reads, statistics)),
            Route(.get, AdminPath.consumers, "listConsumers", .admin(.reads, consumers)),
            Route(.delete, AdminPath.consumers, "forgetConsumer", .admin(.changes, forget)),
        ]
    }

    private func statistics(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try .resource(StatsResource(try await health.figures(), hashing: health.hashing, feed: feed))
    }

    /// All of them: the feed keeps a bounded number.
    private func consumers(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        _ = try ListQuery(request).page()
        let now = clock.now()
        let consumers = feed.consumers().map { ConsumerResource($0, now: now) }
        return try .resource(PageResource(items: consumers, nextCursor: nil))
    }

    /// The name is in the query: it may be any text, and a path would interpret some of it.
    private func forget(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let name = try request.parameters.required("name")
        guard feed.forgetConsumer(name, address: request.parameters["address"]) > 0 else {
            throw Refusal(.notFound, "There is no such consumer.")
        }
        return .noContent
    }
}
