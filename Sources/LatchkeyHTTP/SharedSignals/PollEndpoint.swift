import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /ssf/poll/{stream}` (RFC 8936): acknowledges SETs and returns the waiting ones, now or when one arrives.
struct PollEndpoint: Sendable {
    let streams: EventStreamService
    let polls: EventPollService

    var routes: [Route] {
        [
            Route(
                .post, SharedSignalsAddresses.poll + "/{stream}", "pollStream", isLongPoll: true, .receiver(poll))
        ]
    }

    private func poll(_ request: Request, _ context: RequestContext, _ client: ClientID) async throws -> Response {
        let record = try await streams.stream(try context.pathParameter("stream"), of: client)
        let poll = try EventPoll(JSONBody(request))
        let batch = try await polls.poll(record, poll, logger: context.logger)
        return .json(
            JSONWriter.object(reserving: 64 + batch.items.count * 1024) { json in
                json.member(
                    "sets",
                    object: { json in
                        for item in batch.items {
                            json.member(item.id.description, String(decoding: item.token, as: UTF8.self))
                        }
                    })
                if batch.isPartial { json.member("moreAvailable", true) }
            })
    }
}

extension EventPoll {
    /// RFC 8936 2.2, read strictly: a receiver that believes it acknowledges must not be misunderstood. An id that
    /// cannot be one of ours counts as unknown and changes nothing.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: JSONBody) throws(Refusal) {
        let limit = try body.integer("maxEvents")
        guard limit.map({ $0 >= 0 }) ?? true else {
            throw Refusal(.invalidRequest, "The member maxEvents must not be negative.")
        }
        var refused: [TokenID: SetErrorCode] = [:]
        if let errors = body["setErrs"] {
            guard let errors = errors.object else {
                throw Refusal(.invalidRequest, "The member setErrs must be an object.")
            }
            for member in errors.members {
                guard let code = member.value.object?["err"]?.string else {
                    throw Refusal(.invalidRequest, "Each member of setErrs must be an object with the member err.")
                }
                if let id = TokenID(member.name) { refused[id] = SetErrorCode(rawValue: code) ?? .other }
            }
        }
        self.init(
            limit: limit.map { Int(clamping: $0) }, returnsImmediately: try body.bool("returnImmediately") ?? false,
            acknowledgement: EventAcknowledgement(
                accepted: (try body.strings("ack") ?? []).compactMap { TokenID($0) }, refused: refused))
    }
}
