package import LatchkeyTokens

/// Something that happened to an account or a session. It waits in one receiver's stream until that receiver
/// acknowledges it.
package struct SecurityEvent: Sendable, Equatable {
    /// The event types of this transmitter. Stable strings, as stored.
    package enum Kind: String, Sendable, CaseIterable {
        case sessionRevoked = "session_revoked"
        case credentialChange = "credential_change"
        case accountDisabled = "account_disabled"
        case accountEnabled = "account_enabled"
        case accountPurged = "account_purged"
        /// About the stream itself (SSF 8.1.4.1): requested by the receiver, and delivered whatever event types it
        /// requested.
        case verification

        /// The event type URI, the one member of `events`.
        package var uri: String {
            let base = "https://schemas.openid.net/secevent/"
            return switch self {
            case .sessionRevoked: base + "caep/event-type/session-revoked"
            case .credentialChange: base + "caep/event-type/credential-change"
            case .accountDisabled: base + "risc/event-type/account-disabled"
            case .accountEnabled: base + "risc/event-type/account-enabled"
            case .accountPurged: base + "risc/event-type/account-purged"
            case .verification: base + "ssf/event-type/verification"
            }
        }

        /// The kinds that a receiver can request: all but ``verification``, which is sent when the receiver asks for a
        /// verification.
        package static let requestable: [Kind] = allCases.filter { $0 != .verification }
    }

    /// Who caused it, in CAEP's words (CAEP 2).
    package enum Initiator: String, Sendable { case admin, user, policy, system }

    /// The subject of the event.
    package enum Subject: Sendable, Equatable {
        case session(SessionID, of: UserID)
        case user(UserID)
        /// The stream itself.
        case stream
    }

    /// Its position in the stream, from 1, without gaps as written.
    package let sequence: Int64
    /// `jti` of its SET: unique to this stream, and the same at each delivery.
    package let id: TokenID
    package let kind: Kind
    package let subject: Subject
    package let at: Timestamp
    /// `nil` for ``Kind/verification``.
    package let initiator: Initiator?
    /// The reason, where a revocation reason gives one.
    package let reason: RevocationReason?
    /// `txn`: shared by all events, of any kind and stream, that one act caused.
    package let transaction: String
    /// The state that a verification echoes; text of the receiver.
    package let state: String?

    package init(
        sequence: Int64, id: TokenID, kind: Kind, subject: Subject, at: Timestamp, initiator: Initiator?,
        reason: RevocationReason?, transaction: String, state: String? = nil
    ) {
        self.sequence = sequence
        self.id = id
        self.kind = kind
        self.subject = subject
        self.at = at
        self.initiator = initiator
        self.reason = reason
        self.transaction = transaction
        self.state = state
    }
}

extension SecurityEvent.Initiator {
    /// Classifies the actor on `user`: the user, somebody with power over the account, a rule of the server, or the
    /// server's operation.
    package init(_ actor: Actor, on user: UserID, reason: RevocationReason?) {
        switch actor {
        case .operator: self = .admin
        case .user(let id): self = id == user ? .user : .admin
        // A client that revokes a token or logs out does it for its user.
        case .client: self = reason == .tokenRevoked || reason == .logout ? .user : .admin
        case .system:
            switch reason {
            case .replay, .tooManySessions, .expired: self = .policy
            default: self = .system
            }
        }
    }
}
