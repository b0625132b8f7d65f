import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/ssf/status` (SSF 8.1.2) and `/ssf/verify` (SSF 8.1.4): a receiver pauses, disables, enables and verifies its
/// stream.
struct StreamStatusEndpoint: Sendable {
    let streams: EventStreamService

    var routes: [Route] {
        [
            Route(.get, SharedSignalsAddresses.status, "getStreamStatus", .receiver(get)),
            Route(.post, SharedSignalsAddresses.status, "setStreamStatus", .receiver(set)),
            Route(.post, SharedSignalsAddresses.verification, "verifyStream", .receiver(verify)),
        ]
    }

    private func get(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        guard let id = request.parameters["stream_id"] else {
            throw Refusal(.invalidRequest, "The parameter stream_id is missing.")
        }
        return answer(try await streams.stream(id, of: client))
    }

    private func set(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let body = try JSONBody(request)
        let record = try await streams.stream(try body.requiredString("stream_id"), of: client)
        guard let status = EventStream.Status(rawValue: try body.requiredString("status")) else {
            let known = EventStream.Status.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalidRequest, "The member status must be one of: \(known).")
        }
        return answer(try await streams.setStatus(record, status, reason: try body.string("reason")))
    }

    private func verify(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let body = try JSONBody(request)
        let record = try await streams.stream(try body.requiredString("stream_id"), of: client)
        try await streams.verify(record, state: try body.string("state"))
        return .noContent
    }

    private func answer(_ record: EventStreamRecord) -> Response {
        .json(
            JSONWriter.object { json in
                json.member("stream_id", record.stream.id.description)
                json.member("status", record.stream.status.rawValue)
                if let reason = record.stream.statusReason { json.member("reason", reason) }
            })
    }
}
