package import LatchkeyTokens

/// Why something was revoked: a closed list, kept in the log and the audit trail, never published.
package enum RevocationReason: String, Sendable, CaseIterable {
    case logout
    case replay
    case passwordChange = "password_change"
    case userDisabled = "user_disabled"
    case userDeleted = "user_deleted"
    case roleLost = "role_lost"
    case clientDisabled = "client_disabled"
    case clientDeleted = "client_deleted"
    case replacedByLogin = "replaced_by_login"
    case tooManySessions = "too_many_sessions"
    case tokenRevoked = "token_revoked"
    case emergencyRotation = "emergency_rotation"
    case masterKeyLeaked = "master_key_leaked"
    case restored
    case clockReset = "clock_reset"
    case admin
    case user
    case consentRemoved = "consent_removed"
    case expired
}

/// Who did something: for the audit trail and the revocation log.
package enum Actor: Sendable, Equatable {
    /// Anybody who may open the Unix socket or the data directory.
    case `operator`
    case user(UserID)
    case client(ClientID)
    /// The server itself: replay detection, sweeps, key schedule.
    case system

    /// `operator`, `system`, `user:<sub>` or `client:<client_id>`.
    package var text: String {
        switch self {
        case .operator: "operator"
        case .system: "system"
        case .user(let id): "user:\(id)"
        case .client(let id): "client:\(id)"
        }
    }

    /// The user, if the actor is one.
    package var user: UserID? {
        if case .user(let id) = self { id } else { nil }
    }

    /// Reads the output of ``text``.
    package init?(_ text: String) {
        switch text {
        case "operator": self = .operator
        case "system": self = .system
        default:
            if text.hasPrefix("user:"), let id = UserID(String(text.dropFirst(5))) {
                self = .user(id)
            } else if text.hasPrefix("client:"), let id = ClientID(String(text.dropFirst(7))) {
                self = .client(id)
            } else {
                return nil
            }
        }
    }
}

/// What to revoke. Every revocation, whatever its cause, is one of these and goes through the store's single `revoke`
/// function, which also ends the affected refresh tokens in the same transaction.
package enum RevocationTarget: Sendable, Equatable {
    /// One access token; `session` and `expiresAt` if they are known from the token itself.
    case token(TokenID, session: SessionID?, expiresAt: Timestamp?)
    /// One session: its access tokens and its lineage.
    case session(SessionID)
    /// Everything issued to a user until now, and the user's sessions.
    case user(UserID)
    /// All sessions of a user except one: a `session` entry for each.
    case otherSessions(UserID, keeping: SessionID)
    /// Everything issued to a client until now, and its sessions.
    case client(ClientID)
    /// Every access token issued until now; with `sessions`, every session too.
    case all(sessions: Bool)
}

/// One row of the revocation log as stored: the published entry and the unpublished facts.
package struct RevocationRecord: Sendable, Equatable {
    package let entry: RevocationEntry
    package let revokedAt: Timestamp
    package let reason: RevocationReason
    package let note: String?
    package let actor: Actor

    package init(
        entry: RevocationEntry, revokedAt: Timestamp, reason: RevocationReason, note: String?, actor: Actor
    ) {
        self.entry = entry
        self.revokedAt = revokedAt
        self.reason = reason
        self.note = note
        self.actor = actor
    }
}

/// A request to revoke.
package struct RevocationOrder: Sendable {
    package let target: RevocationTarget
    package let reason: RevocationReason
    /// Free text of an administrator, at most 200 characters; kept in the log, not published.
    package let note: String?
    package let actor: Actor

    package init(_ target: RevocationTarget, reason: RevocationReason, note: String? = nil, actor: Actor) {
        self.target = target
        self.reason = reason
        self.note = note
        self.actor = actor
    }
}

/// The result of a revocation.
package enum RevocationOutcome: Sendable, Equatable {
    /// Entries are durable and published. Sessions that were ended one by one are counted; a watermark counts as none.
    case revoked([RevocationRecord], endedSessions: Int)
    /// There was nothing live to revoke (an ended session, an expired token): nothing was written.
    case nothingToRevoke
    /// There is no such session, user or client.
    case unknownTarget
}
