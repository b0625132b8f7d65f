package import LatchkeyTokens

/// A stream as far as the writing of events needs it.
package struct ListeningStream: Sendable {
    package let number: Int64
    package let kinds: Set<SecurityEvent.Kind>

    package init(number: Int64, kinds: Set<SecurityEvent.Kind>) {
        self.number = number
        self.kinds = kinds
    }
}

/// An event on its way into a stream, which gives it its number.
package struct SecurityEventDraft: Sendable {
    package let id: TokenID
    package let kind: SecurityEvent.Kind
    package let subject: SecurityEvent.Subject
    package let at: Timestamp
    package let initiator: SecurityEvent.Initiator?
    package let reason: RevocationReason?
    package let transaction: String
    /// Of a verification event (SSF 8.1.4).
    package let state: String?
}

package protocol EventStreamLook {
    func find(_ id: StreamID) throws -> EventStreamRecord?
    func find(number: Int64) throws -> EventStreamRecord?
    func find(of client: ClientID) throws -> EventStreamRecord?
    /// Newest first, at most `limit`.
    func page(before number: Int64, limit: Int) throws -> [EventStreamRecord]
    /// The oldest events that wait, in order, at most `limit`.
    func pendingEvents(_ number: Int64, limit: Int) throws -> [SecurityEvent]
    /// Streams in which something waits.
    func waiting() throws -> [Int64]
}

package protocol EventStreamTable: EventStreamLook {
    /// All that are not disabled; read once in a rule.
    func listening() throws -> [ListeningStream]
    /// - Returns: false when the client has a stream; nothing was written then.
    func insert(_ stream: EventStream, capacity: Int) throws -> Bool
    /// Writes status, its reason, request and summary.
    func update(_ stream: EventStream, number: Int64) throws
    /// What waits in it goes along.
    func delete(_ number: Int64) throws
    func lastVerification(_ number: Int64) throws -> Timestamp?
    func setVerification(_ number: Int64, at instant: Timestamp) throws
    func setCapacity(_ capacity: Int) throws

    /// Puts an event behind what waits.
    /// - Returns: the events that the stream may hold, and by how many it holds more.
    func append(_ event: SecurityEventDraft, to number: Int64) throws -> (capacity: Int64, excess: Int64)
    /// Removes an event of this stream.
    func remove(_ event: TokenID, from number: Int64) throws -> Bool
    /// Removes all.
    func clear(_ number: Int64) throws
    /// Counts events that were acknowledged.
    func noteAcknowledged(_ count: Int, of number: Int64, at instant: Timestamp) throws
    /// Drops the oldest events, at most `limit`, and counts them.
    /// - Parameter instant: only those of before; `nil`: whatever their age.
    func drop(_ limit: Int64, of number: Int64, before instant: Timestamp?) throws -> Int
    /// Has the receivers look who wait for this stream, once the rule is on disk.
    func wake(_ number: Int64)
}
