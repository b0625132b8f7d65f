package import LatchkeyTokens

/// Streams of security events, beside the rest of ``Store`` and with the same promises.
///
/// Events are written by ``Store/revoke(_:)``, ``Store/setPassword(_:hash:ifVersion:mustChange:actor:)`` and the changes
/// of a user's state, in their own transactions, for each stream that is not disabled and delivers the kind.
package protocol EventStreamStore: Sendable {
    /// - Parameter capacity: events that may wait; beyond, the oldest go.
    /// - Throws: `conflict` when the client has a stream, `not_found` without the client.
    func createStream(_ stream: EventStream, capacity: Int, event: AuditEvent) async throws -> EventStreamRecord
    func stream(_ id: StreamID) async throws -> EventStreamRecord?
    func stream(of client: ClientID) async throws -> EventStreamRecord?
    /// Newest first.
    func streams(page: PageRequest) async throws -> Page<EventStreamRecord>
    /// Writes status, reason, request and description. A disabled stream loses what waits in it. Throws `not_found`.
    func updateStream(_ stream: EventStream, event: AuditEvent) async throws -> EventStreamRecord
    /// Throws `not_found`.
    func deleteStream(_ id: StreamID, event: AuditEvent) async throws
    /// Puts a verification event behind what waits. Throws `not_found`, `invalid_request` when the stream is disabled,
    /// `too_many_attempts` within `interval` of the last one.
    func verifyStream(_ id: StreamID, state: String?, interval: Duration) async throws
    /// Removes events; ids that are not in this stream change nothing. Returns how many went.
    func acknowledge(_ id: StreamID, _ acknowledgement: EventAcknowledgement) async throws -> Int
    /// The oldest events that wait, in order, at most `limit`.
    func pendingEvents(_ number: Int64, limit: Int) async throws -> [SecurityEvent]
    /// Removes events of before `instant`, at most `limit`; returns how many went. Audited.
    func expireEvents(before instant: Timestamp, limit: Int) async throws -> Int
    /// Changes the bound of every stream; what is over it goes with the next event.
    func setStreamCapacity(_ capacity: Int) async throws
}
