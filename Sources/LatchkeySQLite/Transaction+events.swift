import LatchkeyCore
import LatchkeyTokens

/// A stream as far as the writing of events needs it.
struct ListeningStream {
    let number: Int64
    let kinds: Set<SecurityEvent.Kind>

    /// All that are not disabled.
    static func all(_ database: Database) throws -> [ListeningStream] {
        try database.all("SELECT number, requested FROM event_streams WHERE status <> 'disabled' ORDER BY number") {
            row in
            let requested = (row[1] as String?).map(TextList.decode)
            return ListeningStream(number: row[0], kinds: Set(EventStream.delivered(of: requested)))
        }
    }
}

/// The one way for events into streams. Whatever changes an account or ends a session calls
/// ``Transaction/tell(_:_:actor:reason:)`` inside its own transaction: the event is on disk exactly when its cause is.
extension Transaction {
    /// Events that go at a time when a stream is full, so that one audit event stands for many, and the act that needs
    /// the room does not wait long for it. A bound that was lowered by much is reached in steps.
    private static let droppedAtOnce: Int64 = 1000

    /// Puts an event into every stream that wants its kind.
    func tell(
        _ kind: SecurityEvent.Kind, _ subject: SecurityEvent.Subject, actor: Actor, reason: RevocationReason?
    ) throws {
        for stream in try listeningStreams() where stream.kinds.contains(kind) {
            let initiator = subject.user.map { SecurityEvent.Initiator(actor, on: $0, reason: reason) }
            try insert(kind, subject, initiator: initiator, reason: reason, into: stream.number)
        }
    }

    /// Puts a verification event behind what waits in one stream.
    func tellVerification(_ state: String?, to stream: Int64) throws {
        try insert(.verification, .stream, initiator: nil, reason: nil, state: state, into: stream)
    }

    private func insert(
        _ kind: SecurityEvent.Kind, _ subject: SecurityEvent.Subject, initiator: SecurityEvent.Initiator?,
        reason: RevocationReason?, state: String? = nil, into stream: Int64
    ) throws {
        let numbers = try database.first(
            """
            UPDATE event_streams SET last_seq = last_seq + 1, pending = pending + 1 WHERE number = ?
            RETURNING last_seq, pending - capacity, capacity
            """, [stream]
        ) { row in (sequence: row[0] as Int64, excess: row[1] as Int64, capacity: row[2] as Int64) }
        guard let numbers else { throw StoreFault("a stream is gone within the transaction that found it") }
        try database.run(
            """
            INSERT INTO stream_events (stream, seq, jti, kind, user_id, session_id, at, initiator, reason, txn, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                stream, numbers.sequence, TokenID.generate().description, kind.rawValue, subject.user?.bytes,
                subject.session?.bytes, instant.milliseconds, initiator?.rawValue, reason?.rawValue, cause(),
                state,
            ])
        if numbers.excess > 0 {
            let many = min(numbers.excess + numbers.capacity / 10, Self.droppedAtOnce)
            try drop(many, of: stream, before: nil, why: "full")
        }
        changed(streams: [stream])
    }

    /// Drops the oldest events of a stream, at most `limit`, and says so in the audit trail.
    /// - Parameter instant: only those of before; `nil`: whatever their age.
    /// - Returns: how many went.
    @discardableResult
    func drop(_ limit: Int64, of stream: Int64, before instant: Timestamp?, why: String) throws -> Int {
        let dropped = try database.run(
            """
            DELETE FROM stream_events WHERE stream = ?1 AND seq IN (
                SELECT seq FROM (SELECT seq, at FROM stream_events WHERE stream = ?1 ORDER BY seq LIMIT ?2)
                WHERE at < ?3)
            """, [stream, limit, instant?.milliseconds ?? .max])
        guard dropped > 0 else { return 0 }
        try database.run(
            "UPDATE event_streams SET pending = pending - ?, dropped = dropped + ? WHERE number = ?",
            [dropped, dropped, stream])
        guard let record = try StreamRow.find(number: stream, database) else { return dropped }
        try AuditRow.append(
            AuditEvent(
                .streamEventsDropped, at: self.instant, actor: .system, client: record.stream.client,
                details: ["stream": record.stream.id.description, "count": String(dropped), "why": why]),
            database)
        return dropped
    }
}

extension SecurityEvent.Subject {
    var user: UserID? {
        switch self {
        case .user(let id), .session(_, let id): id
        case .stream: nil
        }
    }

    var session: SessionID? {
        if case .session(let id, _) = self { id } else { nil }
    }
}
