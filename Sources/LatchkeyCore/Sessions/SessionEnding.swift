package import LatchkeyTokens

/// What ended a session: the revocation log's entry, as the audit trail kept it.
package struct SessionEnding: Sendable, Equatable {
    /// How much ended with it.
    package enum Extent: Sendable {
        case session, user, client, everybody

        init(of event: AuditEvent) {
            self = event.user != nil ? .user : event.client != nil ? .client : .everybody
        }
    }

    package let extent: Extent
    package let reason: RevocationReason?
    /// `nil` when the audit trail does not know.
    package let at: Timestamp?
    package let actor: Actor?
    package let actorName: String?
    /// The note of an administrator.
    package let note: String?
    /// `seq` of the entry.
    package let sequence: Int64?

    /// From an event of kind `session.ended` or `revocation.added`.
    init(_ event: AuditEvent, _ extent: Extent) {
        self.extent = extent
        reason = event.details["reason"].flatMap { RevocationReason(rawValue: $0) }
        at = event.at
        actor = event.actor
        actorName = event.actorName
        note = event.details["note"]
        sequence = event.details["seq"].flatMap { Int64($0) }
    }

    /// From the rows, if the audit trail does not go back that far.
    init(_ extent: Extent, at: Timestamp?, _ reason: RevocationReason?) {
        self.extent = extent
        self.reason = reason
        self.at = at
        actor = nil
        actorName = nil
        note = nil
        sequence = nil
    }

    /// "All sessions of the user were revoked: 2026-11-28 14:02:07Z, by ada: left the company (entry 12)."
    var sentence: String { sentence(beginning: beginning) }

    /// The same, with details of a replay from the events, and with later changes.
    func sentence(of record: SessionRecord, _ events: [AuditEvent]) -> String {
        let text = sentence(beginning: replay(events) ?? beginning)
        switch reason {
        case .userDisabled where !record.user.disabled: return text + " The user has been enabled again since."
        case .clientDisabled where !record.client.disabled: return text + " The client has been enabled again since."
        default: return text
        }
    }

    private func sentence(beginning: String) -> String {
        var text = beginning
        if let at { text += ": \(at.words)" }
        if let who { text += ", by \(who)" }
        if let note { text += ": \(note)" }
        if let sequence { text += " (entry \(sequence))" }
        return text + (at == nil ? "; the audit trail does not go back that far." : ".")
    }

    private var who: String? {
        switch actor {
        case nil: nil
        case .operator: "the operator"
        case .system: "the server"
        case .user(let id): actorName ?? id.description
        case .client(let id): "the client \(id)"
        }
    }

    private func replay(_ events: [AuditEvent]) -> String? {
        guard reason == .replay else { return nil }
        let from = { (event: AuditEvent) in event.network ?? "an unknown network" }
        if let event = events.first(where: { $0.kind == .loginCodeReplayed }) {
            return
                "The one-time code of the sign-in was used a second time, from \(from(event)): two parties held it, so "
                + "the session was ended"
        }
        guard let event = events.first(where: { $0.kind == .refreshReplayed }) else { return nil }
        let behind = event.details["behind"].flatMap { Int64($0) }.map { CountText.string($0, "generation") }
        return
            "An old refresh token was used again (\(behind ?? "some generations") behind, from \(from(event))): two parties "
            + "held the session, so it was ended"
    }

    /// What happened, without the time and the actor.
    private var beginning: String {
        switch reason {
        case nil, .admin, .replay: plain + " revoked"
        case .logout: "The user signed out"
        case .passwordChange: "The password of the user was changed or must be changed, which ends all sessions"
        case .userDisabled: "The user was disabled, which ends all sessions"
        case .userDeleted: "The user was deleted"
        case .roleLost: "The user lost the role admin, which ends all sessions"
        case .clientDisabled: "The client was disabled, which ends all its sessions"
        case .clientDeleted: "The client was deleted"
        case .replacedByLogin: "The user signed in again in the same place, which replaced the session"
        case .tooManySessions: "The user had too many sessions, so the oldest one was ended"
        case .tokenRevoked: "The client revoked the token of the session"
        case .emergencyRotation: "A signing key was withdrawn"
        case .masterKeyLeaked: "The master key was replaced after a leak, which ends all sessions"
        case .restored: "The database was restored from a backup, which ends all sessions"
        case .clockReset: "The clock of the server was reset"
        case .user: "The user ended the session"
        case .consentRemoved: "The user took back what the application may have, which ends its sessions"
        case .expired: "The session could not go on because its refresh tokens were used up"
        }
    }

    private var plain: String {
        switch extent {
        case .session: "The session was"
        case .user: "All sessions of the user were"
        case .client: "All sessions of the client were"
        case .everybody: "All sessions of this server were"
        }
    }
}
