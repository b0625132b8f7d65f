/// One stream of security events, as administrators see it.
package struct StreamResource: WireObject, Equatable {
    package let id: String
    package let clientID: String
    package let status: String
    package let reason: String?
    package let description: String?
    package let eventsDelivered: [String]
    package let pending: Int
    package let dropped: Int64
    package let createdAt: Int64
    package let polledAt: Int64?

    package static let schema = ObjectSchema(
        resource: "Stream", "A stream of security events, as administrators see it.", StreamResource.init,
        Member("id", \.id, "The stream_id."),
        Member("client_id", \.clientID),
        Member("status", \.status, as: .choice(["enabled", "paused", "disabled"])),
        Member("reason", \.reason, "The reason that the receiver gave."),
        Member("description", \.description),
        Member("events_delivered", \.eventsDelivered, "URIs of event types."),
        Member("pending", \.pending, "Events that are not acknowledged."),
        Member("dropped", \.dropped, "Events that were dropped because too many waited, or because they were too old."),
        Member("created_at", \.createdAt, Meaning.instant),
        Member(
            "polled_at", \.polledAt,
            "Unix seconds: the later of the last poll since the server's start and the last acknowledgement."))
}
