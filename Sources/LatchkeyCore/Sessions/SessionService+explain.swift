package import LatchkeyTokens

/// Why a session is in its state: the answer to "why was I logged out?".
package struct SessionExplanation: Sendable {
    /// `nil` when the row is gone; the audit trail may still explain.
    package let record: SessionRecord?
    /// One sentence, and a second one when two parties may hold its refresh token.
    package let verdict: String
    /// What ended the session, if it was ended.
    package let ending: SessionEnding?
    /// What happened to the session, newest first.
    package let events: [AuditEvent]

    package init(record: SessionRecord?, verdict: String, ending: SessionEnding?, events: [AuditEvent]) {
        self.record = record
        self.verdict = verdict
        self.ending = ending
        self.events = events
    }
}

extension SessionService {
    /// - Throws: ``Refusal`` `not_found` when neither a row nor an event is about the session.
    package func explain(_ id: SessionID) async throws -> SessionExplanation {
        let record = try await store.session(id)
        let events = try await store.auditEvents(AuditFilter(session: id), page: PageRequest(limit: 200)).items
        guard record != nil || !events.isEmpty else {
            throw Refusal(.notFound, "There is no session with this id, and the audit trail holds nothing about one.")
        }
        let explanation = try await explanation(of: record, events)
        guard let remark = reuseRemark(id, events) else { return explanation }
        return SessionExplanation(
            record: record, verdict: explanation.verdict + " " + remark, ending: explanation.ending,
            events: explanation.events)
    }

    private func explanation(
        of record: SessionRecord?, _ events: [AuditEvent]
    ) async throws -> SessionExplanation {
        guard let record else { return try await gone(events) }
        let idle = idleLifetime(of: record.client)
        switch SessionValidity.judge(record, idleLifetime: idle, now: clock.now()) {
        case .valid:
            return SessionExplanation(record: record, verdict: Self.live(record.session), ending: nil, events: events)
        case .expired:
            return SessionExplanation(
                record: record, verdict: expired(record.session, idle: idle), ending: nil, events: events)
        case .revoked:
            let (ending, event) = try await ending(of: record, events)
            let all = Self.adding(event, to: events)
            return SessionExplanation(
                record: record, verdict: ending.sentence(of: record, all), ending: ending, events: all)
        }
    }

    /// The row was removed: with its user or client, or a day after its end. The audit trail of both may still explain.
    private func gone(_ events: [AuditEvent]) async throws -> SessionExplanation {
        var events = events
        var ending = events.first { $0.kind == .sessionEnded }.map { SessionEnding($0, .session) }
        let login = events.first { $0.kind == .loginSucceeded }
        if ending == nil, let login, let user = login.user, let client = login.client,
            let event = try await store.watermarkEvent(
                user: user, client: client, begunAt: login.at, allEndedAt: nil)
        {
            ending = SessionEnding(event, SessionEnding.Extent(of: event))
            events = Self.adding(event, to: events)
        }
        return SessionExplanation(
            record: nil,
            verdict: (ending?.sentence ?? "The session has ended.")
                + " The events below are all that is left of the session.",
            ending: ending, events: events)
    }

    private static func adding(_ event: AuditEvent?, to events: [AuditEvent]) -> [AuditEvent] {
        guard let event, !events.contains(where: { $0.id == event.id }) else { return events }
        return (events + [event]).sorted { $0.id > $1.id }
    }

    private static func live(_ session: Session) -> String {
        let last = session.lineage.rotatedAt.words
        return session.transport == .session
            ? "The session is live: last used at \(last), to the minute."
            : "The session is live: generation \(session.lineage.current), last rotated at \(last)."
    }

    private func expired(_ session: Session, idle: Duration) -> String {
        guard clock.now() < session.expiresAt else {
            return "The session reached its absolute lifetime at \(session.expiresAt.words)."
        }
        let use = session.transport == .session ? "used" : "refreshed"
        return "The session was not \(use) within its idle lifetime of \(idle.words), which ended at "
            + "\((session.lineage.rotatedAt + idle).words)."
    }

    /// What ended the session: its own end first, then the event that moved a watermark past it.
    private func ending(
        of record: SessionRecord, _ events: [AuditEvent]
    ) async throws -> (SessionEnding, AuditEvent?) {
        let session = record.session
        if let reason = session.endReason {
            let event = events.first { $0.kind == .sessionEnded }
            return (
                event.map { SessionEnding($0, .session) } ?? SessionEnding(.session, at: session.endedAt, reason), event
            )
        }
        if let event = try await store.watermarkEvent(
            user: session.user, client: session.client, begunAt: session.createdAt, allEndedAt: record.allEndedAt)
        {
            return (SessionEnding(event, SessionEnding.Extent(of: event)), event)
        }
        if record.user.disabled { return (SessionEnding(.user, at: nil, .userDisabled), nil) }
        if record.client.disabled { return (SessionEnding(.client, at: nil, .clientDisabled), nil) }
        let mark = record.watermarks.first(covering: session.createdAt)
        return (SessionEnding(mark?.extent ?? .everybody, at: mark?.at, nil), nil)
    }
}
