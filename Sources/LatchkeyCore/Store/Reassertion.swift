package import LatchkeyTokens

/// What a node remembers of an entry of the revocation log.
package struct RememberedRevocation: Sendable, Equatable {
    package let target: RevocationEntry.Target
    package let expiresAt: Timestamp
    package let revokedAt: Timestamp
    package let reason: RevocationReason

    package init(
        target: RevocationEntry.Target, expiresAt: Timestamp, revokedAt: Timestamp, reason: RevocationReason
    ) {
        self.target = target
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.reason = reason
    }

    package init(_ record: RevocationRecord) {
        self.init(
            target: record.entry.target, expiresAt: record.entry.expiresAt, revokedAt: record.revokedAt,
            reason: record.reason)
    }
}

/// What came back after a promotion that lost it.
package struct ReassertionOutcome: Sendable, Equatable {
    /// How many entries were written again.
    package let returned: Int
    /// Whose password was changed and is the old one again.
    package let passwords: [UserID]
    /// Who was deleted and exists again, disabled.
    package let deleted: [UserID]

    /// Of a node that remembers nothing.
    package static let nothing = ReassertionOutcome(returned: 0, passwords: [], deleted: [])
}

/// Revokes again what a promoted standby lacks. Fail-safe: by time up to now, so that a token which was issued since the
/// promotion, from a session that came back, goes too.
///
/// | remembered | written again |
/// | --- | --- |
/// | `token` | the entry, unless the token has expired |
/// | `session` | the session ends, and the entry |
/// | `user` | the user's watermark rises to now; disabled and deleted users are disabled |
/// | `client` | the same for the client |
/// | `key` | the key is withdrawn |
/// | `all` | the watermark for all; sessions too, unless only keys were at stake |
package enum Reassertion {
    /// Which of the remembered entries the database lacks: one for each subject, in order.
    /// - Parameters:
    ///   - stored: the targets in the database's log.
    ///   - since: what was revoked earlier was not lost, wherever its entry is by now.
    package static func missing(
        _ remembered: [RememberedRevocation], stored: [RevocationEntry.Target], since: Timestamp
    ) -> [RememberedRevocation] {
        var latest: [RevocationEntry.Target: Int64] = [:]
        for target in stored {
            latest[target.subject] = max(latest[target.subject] ?? .min, target.issuedBefore?.seconds ?? .max)
        }
        var lost: [RevocationEntry.Target: RememberedRevocation] = [:]
        var order: [RevocationEntry.Target] = []
        for entry in remembered where entry.revokedAt >= since {
            let subject = entry.target.subject
            guard (latest[subject] ?? .min) < entry.target.issuedBefore?.seconds ?? .max else { continue }
            if let known = lost[subject] {
                lost[subject] = known.merged(with: entry)
            } else {
                lost[subject] = entry
                order.append(subject)
            }
        }
        return order.compactMap { lost[$0] }
    }

    /// Runs under the turn.
    package static func run(_ lost: [RememberedRevocation], _ ledger: any Ledger) throws -> ReassertionOutcome {
        var returned = 0
        var passwords: [UserID] = []
        var deleted: [UserID] = []
        for entry in lost where try RevocationRules.reassert(entry, ledger) {
            returned += 1
            guard case .user(let id, _) = entry.target, try ledger.users.find(id) != nil else { continue }
            if entry.reason == .passwordChange { passwords.append(id) }
            if entry.reason == .userDeleted { deleted.append(id) }
        }
        return ReassertionOutcome(returned: returned, passwords: passwords, deleted: deleted)
    }

    /// `store.history_changed`: from where to where, how many entries came back, and what did not.
    /// - Parameter lostSeconds: how much older the promoted state is than what this node knew; nil when it knew none.
    package static func event(
        from old: DatabaseIdentity, to new: DatabaseIdentity, _ outcome: ReassertionOutcome, lostSeconds: Int64?,
        at instant: Timestamp
    ) -> AuditEvent {
        var details = [
            "from": "\(old.timeline)", "to": "\(new.timeline)", "returned": "\(outcome.returned)",
        ]
        details["lost_seconds"] = lostSeconds.map(String.init)
        if old.system != new.system { details["server"] = "another" }
        for (name, users) in [("passwords", outcome.passwords), ("deleted", outcome.deleted)] where !users.isEmpty {
            details[name] = "\(users.count)"
            details[name + "_of"] = users.prefix(longestList).map(\.description).joined(separator: " ")
        }
        return AuditEvent(.storeHistoryChanged, at: instant, actor: .system, details: details)
    }

    /// Users named in one audit event.
    private static let longestList = 50
}

extension RememberedRevocation {
    /// One entry for both, which are of the same subject.
    fileprivate func merged(with other: RememberedRevocation) -> RememberedRevocation {
        // What also takes the account away weighs more, whichever came first.
        let reason = reason.takesAccount && !other.reason.takesAccount ? reason : other.reason
        return RememberedRevocation(
            target: other.target, expiresAt: max(expiresAt, other.expiresAt),
            revokedAt: max(revokedAt, other.revokedAt), reason: reason)
    }
}

extension RevocationReason {
    /// Whether the user or client was disabled or deleted.
    var takesAccount: Bool {
        switch self {
        case .userDisabled, .userDeleted, .clientDisabled, .clientDeleted: true
        case .logout, .replay, .passwordChange, .roleLost, .replacedByLogin, .tooManySessions, .tokenRevoked,
            .emergencyRotation, .masterKeyLeaked, .restored, .clockReset, .admin, .user, .consentRemoved,
            .expired:
            false
        }
    }
}

extension RevocationEntry.Target {
    /// The same for all entries about one thing, whatever their time.
    fileprivate var subject: RevocationEntry.Target {
        let never = Timestamp(milliseconds: 0)
        return switch self {
        case .token, .session, .key: self
        case .user(let id, _): .user(id, issuedBefore: never)
        case .client(let id, _): .client(id, issuedBefore: never)
        case .all: .all(issuedBefore: never)
        }
    }
}
