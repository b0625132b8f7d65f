extension OperationDescription {
    private static let streamID = Parameter("stream_id", .string, "The stream's id.")

    /// The event endpoints, by method and path; only with `shared_signals.enabled`.
    static let sharedSignals: [String: OperationDescription] = [
        "GET /.well-known/ssf-configuration": .init(
            "events", "Transmitter metadata (OpenID SSF 1.0).",
            Answer(status: 200, description: "The metadata.", contentType: "application/json", type: .anyObject)),
        "POST /ssf/stream": .init(
            "events", "Makes the receiver's stream; 409 when it has one.", body: .json("StreamConfiguration"),
            .json("StreamConfiguration", status: 201, "Made.")),
        "GET /ssf/stream": .init(
            "events", "Shows a stream, or without stream_id the list of the receiver's streams.", query: [streamID],
            .json("StreamConfiguration", "The configuration; without stream_id an array of them.")),
        "PATCH /ssf/stream": .init(
            "events", "Changes a stream; absent members stay.", body: .json("StreamConfiguration"),
            .json("StreamConfiguration")),
        "PUT /ssf/stream": .init(
            "events", "Replaces what the receiver supplies of a stream.", body: .json("StreamConfiguration"),
            .json("StreamConfiguration")),
        "DELETE /ssf/stream": .init(
            "events", "Deletes a stream and what waits in it.", query: [streamID], .empty(204, "Deleted.")),
        "GET /ssf/status": .init("events", "Shows a stream's status.", query: [streamID], .json("StreamStatus")),
        "POST /ssf/status": .init(
            "events", "Enables, pauses or disables a stream.", body: .json("StreamStatus"), .json("StreamStatus")),
        "POST /ssf/verify": .init(
            "events", "Puts a verification event into a stream.", body: .json("StreamVerification"),
            .empty(204, "It comes with a later poll.")),
        "POST /ssf/poll/{stream}": .init(
            "events", "Acknowledges SETs and receives those that wait (RFC 8936); holds the request until one comes.",
            body: .json("EventPoll"), .json("EventBatch")),
    ]
}

extension SchemaDescription {
    /// What the event endpoints read and write.
    static let sharedSignals: [SchemaDescription] = [
        .init(
            "StreamConfiguration", "SSF 8.1.1. A receiver supplies events_requested, delivery and description.",
            [
                .optional("stream_id", .string, "Names the stream in PATCH and PUT."), .optional("iss", .string),
                .optional("aud", .array(.string), "One audience is a string."),
                .optional("delivery", .anyObject, "method urn:ietf:rfc:8936; endpoint_url is ours."),
                .optional("events_supported", .array(.string)), .optional("events_requested", .array(.string)),
                .optional("events_delivered", .array(.string)),
                .optional("min_verification_interval", .integer, "Seconds."), .optional("description", .string),
            ]),
        .init(
            "StreamStatus", "SSF 8.1.2.",
            [
                .required("stream_id", .string), .required("status", .choice(["enabled", "paused", "disabled"])),
                .optional("reason", .string),
            ]),
        .init(
            "StreamVerification", "SSF 8.1.4.",
            [.required("stream_id", .string), .optional("state", .string, "Comes back in the event.")]),
        .init(
            "EventPoll", "RFC 8936 2.2.",
            [
                .optional("maxEvents", .integer, "0: acknowledge only. At most 100 are sent."),
                .optional("returnImmediately", .boolean), .optional("ack", .array(.string), "Their jti."),
                .optional("setErrs", .anyObject, "By jti: err and description. Counts as acknowledged."),
            ]),
        .init(
            "EventBatch", "RFC 8936 2.3.",
            [.required("sets", .map, "SETs by jti."), .optional("moreAvailable", .boolean)]),
        .init(
            "Stream", "A stream of security events, as administrators see it.",
            [
                .required("id", .string), .required("client_id", .string),
                .required("status", .choice(["enabled", "paused", "disabled"])), .optional("reason", .string),
                .optional("description", .string), .required("events_delivered", .array(.string)),
                .required("pending", .integer), .required("dropped", .integer), .required("created_at", .integer),
                .optional("polled_at", .integer),
            ]),
        page("StreamPage", of: "Stream"),
    ]
}
