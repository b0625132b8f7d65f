extension OperationDescription {
    private static let streamID = Parameter("stream_id", .nonEmpty, "The stream's id.")

    /// The event endpoints, by method and path; only with `shared_signals.enabled`.
    static let sharedSignals: [String: OperationDescription] = [
        "GET /.well-known/ssf-configuration": .init(
            "events", "Transmitter metadata (OpenID SSF 1.0).",
            Answer(status: 200, description: "The metadata.", contentType: "application/json", type: .anyObject)),
        "POST /ssf/stream": .init(
            "events", "Creates the receiver's stream; 409 when it has one.", body: .json(.streamConfiguration),
            .json(.streamConfiguration, status: 201, "Made.")),
        "GET /ssf/stream": .init(
            "events", "Shows a stream, or without stream_id the list of the receiver's streams.", query: [streamID],
            .json(.streamConfiguration, "The configuration; without stream_id an array of them.")),
        "PATCH /ssf/stream": .init(
            "events", "Changes a stream; absent members keep their value.", body: .json(.streamConfiguration),
            .json(.streamConfiguration)),
        "PUT /ssf/stream": .init(
            "events", "Replaces the members of a stream that the receiver supplies.", body: .json(.streamConfiguration),
            .json(.streamConfiguration)),
        "DELETE /ssf/stream": .init(
            "events", "Deletes a stream and the events that wait in it.", query: [streamID], .empty(204, "Deleted.")),
        "GET /ssf/status": .init("events", "Shows a stream's status.", query: [streamID], .json(.streamStatus)),
        "POST /ssf/status": .init(
            "events", "Enables, pauses or disables a stream.", body: .json(.streamStatus), .json(.streamStatus)),
        "POST /ssf/verify": .init(
            "events", "Puts a verification event into a stream.", body: .json(.streamVerification),
            .empty(204, "The event arrives with a later poll.")),
        "POST /ssf/poll/{stream}": .init(
            "events", "Acknowledges SETs and returns those that wait (RFC 8936); holds the request until one arrives.",
            body: .json(.eventPoll), .json(.eventBatch)),
    ]
}
