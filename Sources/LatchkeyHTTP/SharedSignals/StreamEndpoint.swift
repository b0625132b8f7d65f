import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/ssf/stream` (SSF 8.1.1): a receiver creates, reads, changes and deletes its stream.
struct StreamEndpoint: Sendable {
    let streams: EventStreamService
    let settings: Settings

    var routes: [Route] {
        let path = SharedSignalsAddresses.stream
        return [
            Route(.post, path, "createStream", .receiver(create)), Route(.get, path, "getStream", .receiver(get)),
            Route(.patch, path, "updateStream", .receiver(update)),
            Route(.put, path, "replaceStream", .receiver(replace)),
            Route(.delete, path, "deleteStream", .receiver(delete)),
        ]
    }

    private func create(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let body = try JSONBody(request)
        try StreamConfiguration.checkMethod(body["delivery"])
        let draft = EventStreamDraft(
            requested: try body.strings("events_requested"), summary: try body.string("description"))
        return answer(try await streams.create(draft, for: client), status: .created)
    }

    /// One stream by its id; without an id the list of all streams of the receiver.
    private func get(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        if let id = request.parameters["stream_id"] {
            return answer(try await streams.stream(id, of: client))
        }
        let record = try await streams.stream(of: client)
        var json = JSONWriter(reserving: 1024)
        json.array { json in
            if let record { StreamConfiguration(record, settings: settings).write(&json) }
        }
        return .json(json.bytes)
    }

    /// Changes the members that are present and keeps the others.
    private func update(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let (record, body) = try await named(in: request, client)
        let draft = EventStreamDraft(
            requested: try body.strings("events_requested") ?? record.stream.requested,
            summary: try body.string("description") ?? record.stream.summary)
        return answer(try await streams.update(record, draft))
    }

    /// Takes the members that are present as the complete configuration.
    private func replace(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let (record, body) = try await named(in: request, client)
        let draft = EventStreamDraft(
            requested: try body.strings("events_requested"), summary: try body.string("description"))
        return answer(try await streams.update(record, draft))
    }

    private func delete(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        guard let id = request.parameters["stream_id"] else {
            throw Refusal(.invalidRequest, "The parameter stream_id is missing.")
        }
        try await streams.delete(try await streams.stream(id, of: client))
        return .noContent
    }

    /// The stream that a body names; it must agree with the other members of the body.
    private func named(
        in request: Request, _ client: ClientID
    ) async throws -> (record: EventStreamRecord, body: JSONBody) {
        let body = try JSONBody(request)
        let record = try await streams.stream(try body.requiredString("stream_id"), of: client)
        try StreamConfiguration(record, settings: settings).check(body)
        return (record, body)
    }

    private func answer(_ record: EventStreamRecord, status: HTTPResponse.Status = .ok) -> Response {
        .json(StreamConfiguration(record, settings: settings).encode(), status: status)
    }
}
