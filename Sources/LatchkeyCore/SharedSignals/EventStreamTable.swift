package import LatchkeyTokens

/// A stream, as far as writing events needs it.
package struct ListeningStream: Sendable {
    package let number: Int64
    package let kinds: Set<SecurityEvent.Kind>

    package init(number: Int64, kinds: Set<SecurityEvent.Kind>) {
        self.number = number
        self.kinds = kinds
    }
}

/// An event on its way into a stream, which assigns its number.
package struct SecurityEventDraft: Sendable {
    package let id: TokenID
    package let kind: SecurityEvent.Kind
    package let subject: SecurityEvent.Subject
    package let at: Timestamp
    package let initiator: SecurityEvent.Initiator?
    package let reason: RevocationReason?
    package let transaction: String
    /// The state of a verification event (SSF 8.1.4).
    package let state: String?
}

package protocol EventStreamLook {
    func find(_ id: StreamID) throws -> EventStreamRecord?
    func find(number: Int64) throws -> EventStreamRecord?
    func find(of client: ClientID) throws -> EventStreamRecord?
    /// Newest first, at most `limit`.
    func page(before number: Int64, limit: Int) throws -> [EventStreamRecord]
    /// The oldest waiting events, in order, at most `limit`.
    func pendingEvents(_ number: Int64, limit: Int) throws -> [SecurityEvent]
    /// Streams in which events wait.
    func waiting() throws -> [Int64]
}

package protocol EventStreamTable: EventStreamLook {
    /// All streams that are not disabled; read once in a rule.
    func listening() throws -> [ListeningStream]
    /// - Returns: false when the client already has a stream; nothing was written then.
    func insert(_ stream: EventStream, capacity: Int) throws -> Bool
    /// Writes the status, its reason, the requested events and the description.
    func update(_ stream: EventStream, number: Int64) throws
    /// Deletes the waiting events too.
    func delete(_ number: Int64) throws
    func lastVerification(_ number: Int64) throws -> Timestamp?
    func setVerification(_ number: Int64, at instant: Timestamp) throws
    func setCapacity(_ capacity: Int) throws

    /// Appends an event after the waiting ones.
    /// - Returns: how many events the stream may hold, and by how many it exceeds that.
    func append(_ event: SecurityEventDraft, to number: Int64) throws -> (capacity: Int64, excess: Int64)
    /// Removes an event of this stream.
    func remove(_ event: TokenID, from number: Int64) throws -> Bool
    /// Removes all events.
    func clear(_ number: Int64) throws
    /// Counts acknowledged events.
    func noteAcknowledged(_ count: Int, of number: Int64, at instant: Timestamp) throws
    /// Drops the oldest events, at most `limit`, and counts them.
    /// - Parameter instant: only those before it; `nil` for any age.
    func drop(_ limit: Int64, of number: Int64, before instant: Timestamp?) throws -> Int
    /// Lets the receivers that wait for this stream look again, once the rule is on disk.
    func wake(_ number: Int64)
}
