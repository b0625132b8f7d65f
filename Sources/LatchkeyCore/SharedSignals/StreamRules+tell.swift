package import LatchkeyTokens

/// The only way for events into streams. Every rule that changes an account or ends a session calls
/// ``tell(_:_:actor:reason:_:)`` inside its own transaction: the event is on disk exactly when its cause is.
extension StreamRules {
    /// Events dropped at a time when a stream is full, so that one audit event stands for many, and the rule that needs
    /// the room does not wait long for it. A limit that was lowered by a lot is reached in steps.
    private static let droppedAtOnce: Int64 = 1000

    /// Puts an event into every stream that wants its kind.
    static func tell(
        _ kind: SecurityEvent.Kind, _ subject: SecurityEvent.Subject, actor: Actor, reason: RevocationReason?,
        _ ledger: any Ledger
    ) throws {
        for stream in try ledger.streams.listening() where stream.kinds.contains(kind) {
            let initiator = subject.user.map { SecurityEvent.Initiator(actor, on: $0, reason: reason) }
            try append(
                SecurityEventDraft(
                    id: .generate(), kind: kind, subject: subject, at: ledger.instant, initiator: initiator,
                    reason: reason, transaction: ledger.cause, state: nil),
                to: stream.number, ledger)
        }
    }

    /// Puts a verification event after the waiting events of one stream.
    static func tellVerification(_ state: String?, to stream: Int64, _ ledger: any Ledger) throws {
        try append(
            SecurityEventDraft(
                id: .generate(), kind: .verification, subject: .stream, at: ledger.instant, initiator: nil,
                reason: nil, transaction: ledger.cause, state: state),
            to: stream, ledger)
    }

    private static func append(_ event: SecurityEventDraft, to stream: Int64, _ ledger: any Ledger) throws {
        let (capacity, excess) = try ledger.streams.append(event, to: stream)
        if excess > 0 {
            let many = min(excess + capacity / 10, droppedAtOnce)
            try drop(many, of: stream, before: nil, why: "full", ledger)
        }
        ledger.streams.wake(stream)
    }

    /// Drops the oldest events of a stream, at most `limit`, and records that in the audit trail.
    /// - Parameter instant: only those before it; `nil` for any age.
    /// - Returns: how many were dropped.
    @discardableResult
    static func drop(
        _ limit: Int64, of stream: Int64, before instant: Timestamp?, why: String, _ ledger: any Ledger
    ) throws -> Int {
        let dropped = try ledger.streams.drop(limit, of: stream, before: instant)
        guard dropped > 0, let record = try ledger.streams.find(number: stream) else { return dropped }
        try AuditRules.append(
            AuditEvent(
                .streamEventsDropped, at: ledger.instant, actor: .system, client: record.stream.client,
                details: ["stream": record.stream.id.description, "count": String(dropped), "why": why]),
            ledger)
        return dropped
    }
}

extension SecurityEvent.Subject {
    package var user: UserID? {
        switch self {
        case .user(let id), .session(_, let id): id
        case .stream: nil
        }
    }

    package var session: SessionID? {
        if case .session(let id, _) = self { id } else { nil }
    }
}
