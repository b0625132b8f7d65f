/// One stream of security events, as administrators see it.
package struct StreamResource: Codable, Sendable, Equatable {
    /// The `stream_id`.
    package let id: String
    package let clientID: String
    /// `enabled`, `paused` or `disabled`.
    package let status: String
    /// What the receiver gave as the reason.
    package let reason: String?
    package let description: String?
    /// Event type URIs.
    package let eventsDelivered: [String]
    /// Events that are not acknowledged.
    package let pending: Int
    /// Events that went because too many, or too old ones, waited.
    package let dropped: Int64
    /// Unix seconds, as all times here.
    package let createdAt: Int64
    /// The later of the last poll since the server's start and the last acknowledgement.
    package let polledAt: Int64?

    package init(
        id: String, clientID: String, status: String, reason: String?, description: String?,
        eventsDelivered: [String], pending: Int, dropped: Int64, createdAt: Int64, polledAt: Int64?
    ) {
        self.id = id
        self.clientID = clientID
        self.status = status
        self.reason = reason
        self.description = description
        self.eventsDelivered = eventsDelivered
        self.pending = pending
        self.dropped = dropped
        self.createdAt = createdAt
        self.polledAt = polledAt
    }

    enum CodingKeys: String, CodingKey {
        case id, status, reason, description, pending, dropped
        case clientID = "client_id"
        case eventsDelivered = "events_delivered"
        case createdAt = "created_at"
        case polledAt = "polled_at"
    }
}
