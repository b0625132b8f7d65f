import LatchkeyBytes
package import LatchkeyTokens

/// The id of a stream, `stream_id`: 128 random bits as 32 lower-case hexadecimal digits, which a shell never takes for
/// an option.
package struct StreamID: Sendable, Hashable, LosslessStringConvertible {
    package let description: String

    /// Nil unless `text` has the form of an id.
    package init?(_ text: String) {
        let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        guard text.utf8.count == 32, text.utf8.allSatisfy(isDigit) else { return nil }
        description = text
    }

    private init(description: String) { self.description = description }

    /// A new id from random bytes of the operating system.
    package static func generate() -> StreamID {
        StreamID(description: Hexadecimal.string(RandomBytes.make(16)))
    }
}

/// The stream of one receiver (SSF 8.1.1): a client has at most one, and no other client can see it.
package struct EventStream: Sendable, Equatable {
    /// SSF 8.1.2: what happens to new events.
    package enum Status: String, Sendable, CaseIterable {
        case enabled
        /// Events wait, in order and within the bounds of the stream.
        case paused
        /// Events are dropped.
        case disabled
    }

    package let id: StreamID
    package let client: ClientID
    /// `aud` of its SETs: the client's audiences when the stream was created, or its id. Never changes.
    package let audience: [String]
    package var status: Status
    /// Why it has that status, in the words of the party that set it.
    package var statusReason: String?
    /// Event type URIs as the receiver wrote them; `nil` when it named none and gets all.
    package var requested: [String]?
    package var summary: String?
    package let createdAt: Timestamp

    package init(
        id: StreamID, client: ClientID, audience: [String], status: Status = .enabled, statusReason: String? = nil,
        requested: [String]?, summary: String?, createdAt: Timestamp
    ) {
        self.id = id
        self.client = client
        self.audience = audience
        self.status = status
        self.statusReason = statusReason
        self.requested = requested
        self.summary = summary
        self.createdAt = createdAt
    }

    /// The kinds that it gets, in our order.
    package var delivered: [SecurityEvent.Kind] { Self.delivered(of: requested) }

    /// The kinds that a request leads to. Types that we do not know are ignored (SSF 8.1.1).
    package static func delivered(of requested: [String]?) -> [SecurityEvent.Kind] {
        guard let requested else { return SecurityEvent.Kind.requestable }
        return SecurityEvent.Kind.requestable.filter { requested.contains($0.uri) }
    }
}

/// A stream with its state.
package struct EventStreamRecord: Sendable, Equatable {
    /// The row; never used twice.
    package let number: Int64
    package let stream: EventStream
    /// Events that are not acknowledged.
    package let pending: Int
    /// Events that were dropped because too many waited or they were too old.
    package let dropped: Int64
    /// The last poll that acknowledged something.
    package let acknowledgedAt: Timestamp?

    package init(
        number: Int64, stream: EventStream, pending: Int, dropped: Int64, acknowledgedAt: Timestamp?
    ) {
        self.number = number
        self.stream = stream
        self.pending = pending
        self.dropped = dropped
        self.acknowledgedAt = acknowledgedAt
    }
}

/// What a receiver says about SETs that it got (RFC 8936 2.2, 2.4.4).
package struct EventAcknowledgement: Sendable {
    package let accepted: [TokenID]
    /// SETs that it could not use, with a code of the closed list.
    package let refused: [TokenID: SetErrorCode]

    package init(accepted: [TokenID], refused: [TokenID: SetErrorCode]) {
        self.accepted = accepted
        self.refused = refused
    }

    package var isEmpty: Bool { accepted.isEmpty && refused.isEmpty }
}

/// Why a receiver refused a SET (RFC 8935 2.4, SSF 8.1.4.1).
package enum SetErrorCode: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    case invalidKey = "invalid_key"
    case invalidIssuer = "invalid_issuer"
    case invalidAudience = "invalid_audience"
    case authenticationFailed = "authentication_failed"
    case accessDenied = "access_denied"
    case invalidState = "invalid_state"
    /// Any other code: its text is not kept.
    case other
}
