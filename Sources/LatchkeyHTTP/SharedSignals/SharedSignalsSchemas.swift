/// The request and response bodies of the event endpoints, as defined by OpenID SSF and RFC 8936. A test checks each
/// against real requests and responses.
extension SchemaDescription {
    static let streamConfiguration = SchemaDescription(
        "StreamConfiguration", "SSF 8.1.1. A receiver supplies events_requested, delivery and description.",
        [
            .optional("stream_id", .string, "Names the stream in PATCH and PUT."), .optional("iss", .string),
            .optional("aud", .textOrTexts, "One audience is a string."),
            .optional("delivery", .anyObject, "method urn:ietf:rfc:8936; endpoint_url is ours."),
            .optional("events_supported", .array(.string)), .optional("events_requested", .array(.string)),
            .optional("events_delivered", .array(.string)),
            .optional("min_verification_interval", .integer, "Seconds."), .optional("description", .string),
        ])

    static let streamStatus = SchemaDescription(
        "StreamStatus", "SSF 8.1.2.",
        [
            .required("stream_id", .string), .required("status", .choice(["enabled", "paused", "disabled"])),
            .optional("reason", .string),
        ])

    static let streamVerification = SchemaDescription(
        "StreamVerification", "SSF 8.1.4.",
        [.required("stream_id", .string), .optional("state", .string, "Comes back in the event.")])

    static let eventPoll = SchemaDescription(
        "EventPoll", "RFC 8936 2.2.",
        [
            .optional("maxEvents", .integer, "0: acknowledge only. At most 100 are sent."),
            .optional("returnImmediately", .boolean), .optional("ack", .array(.string), "Their jti."),
            .optional("setErrs", .anyObject, "By jti: err and description. Counts as acknowledged."),
        ])

    static let eventBatch = SchemaDescription(
        "EventBatch", "RFC 8936 2.3.",
        [.required("sets", .map, "SETs by jti."), .optional("moreAvailable", .boolean)])
}
