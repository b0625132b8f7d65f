package import LatchkeyTokens

/// Why a session is as it is, for whoever asks "why was I logged out?".
package struct SessionExplanation: Sendable {
    /// `nil` when the row is gone; the audit trail may still tell.
    package let record: SessionRecord?
    /// One sentence, and another one when two may hold its refresh token.
    package let verdict: String
    /// What happened to the session, newest first.
    package let events: [AuditEvent]

    package init(record: SessionRecord?, verdict: String, events: [AuditEvent]) {
        self.record = record
        self.verdict = verdict
        self.events = events
    }
}

extension SessionService {
    /// - Throws: ``Refusal`` `not_found` when neither a row nor an event knows the session.
    package func explain(_ id: SessionID) async throws -> SessionExplanation {
        let record = try await store.session(id)
        let events = try await store.auditEvents(AuditFilter(session: id), page: PageRequest(limit: 200)).items
        guard record != nil || !events.isEmpty else {
            throw Refusal(.notFound, "No session with this id is known, nor anything about one in the audit trail.")
        }
        let sentences = [verdict(record, events), reuseRemark(id, events)]
        return SessionExplanation(
            record: record, verdict: sentences.compactMap(\.self).joined(separator: " "), events: events)
    }

    private func verdict(_ record: SessionRecord?, _ events: [AuditEvent]) -> String {
        guard let record else {
            return "The session has ended and its row was removed; the events below are what is left of it."
        }
        let idle = idleLifetime(of: record.client)
        let session = record.session
        switch SessionValidity.judge(record, idleLifetime: idle, now: clock.now()) {
        case .valid where session.transport == .session:
            return "The session is live: last used at Unix time \(session.lineage.rotatedAt.seconds), to the minute."
        case .valid:
            return
                "The session is live: generation \(session.lineage.current), last rotated at Unix time \(session.lineage.rotatedAt.seconds)."
        case .expired:
            return clock.now() >= session.expiresAt
                ? "The session reached its absolute lifetime."
                : "The session was not \(session.transport == .session ? "used" : "refreshed") within its idle lifetime of \(idle.components.seconds) seconds."
        case .revoked:
            return revokedVerdict(record, events)
        }
    }

    private func revokedVerdict(_ record: SessionRecord, _ events: [AuditEvent]) -> String {
        let session = record.session
        if session.endReason == .replay, let replay = events.first(where: { $0.kind == .loginCodeReplayed }) {
            return
                "The one-time code of the sign-in came a second time, from \(replay.network ?? "an unknown network"): two parties held it, so the session was ended."
        }
        if session.endReason == .replay, let replay = events.first(where: { $0.kind == .refreshReplayed }) {
            let behind = replay.details["behind"] ?? "some"
            return
                "An old refresh token came back (\(behind) generations behind, from \(replay.network ?? "an unknown network")): two parties held the session, so it was ended."
        }
        if let reason = session.endReason {
            return "The session was ended: \(reason.rawValue)."
        }
        if record.user.disabled { return "The user is disabled." }
        if record.client.disabled { return "The client is disabled." }
        let isAfter = { (watermark: Timestamp?) in watermark.map { session.createdAt <= $0 } ?? false }
        if isAfter(record.user.sessionsEndedAt) { return "All sessions of the user were ended." }
        if isAfter(record.client.sessionsEndedAt) { return "All sessions of the client were ended." }
        return "All sessions of this server were ended."
    }
}
