import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/streams`: the receivers of security events. Available also with `shared_signals.enabled` off, because
/// a stream keeps collecting until it is deleted.
struct AdminStreams: Sendable {
    let streams: EventStreamService
    let feed: EventFeed

    var routes: [Route] {
        [
            Route(.get, AdminPath.streams, "listStreams", .admin(.reads, list)),
            Route(.delete, AdminPath.oneStream, "deleteAnyStream", .admin(.changes, delete)),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let page = try await streams.page(try ListQuery(request).page())
        return try .resource(page.resource(resource))
    }

    private func delete(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try await streams.delete(try context.pathParameter("stream"), actor: actor)
        return .noContent
    }

    private func resource(_ record: EventStreamRecord) -> StreamResource {
        let stream = record.stream
        let polls = [record.acknowledgedAt, feed.lastPoll(of: record.number)].compactMap { $0 }
        return StreamResource(
            id: stream.id.description, clientID: stream.client.description, status: stream.status.rawValue,
            reason: stream.statusReason, description: stream.summary,
            eventsDelivered: stream.delivered.map(\.uri), pending: record.pending, dropped: record.dropped,
            createdAt: stream.createdAt.seconds, polledAt: polls.max()?.seconds)
    }
}
