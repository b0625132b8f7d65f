import LatchkeyTokens

/// The only way into the revocation log. Every rule that revokes (logout, replay, password change, a disabled user, a
/// lost role, an administrator) calls ``revoke(_:_:)`` inside its own transaction; ``append(_:session:_:_:)`` is
/// private to this file.
package enum RevocationRules {
    /// A session with this many live `token` entries is ended instead of getting another entry.
    static let tokenEntriesPerSession = 8
    /// Live `token` entries without a session that one client may cause: a published list has room for all clients.
    static let tokenEntriesPerClient = 1000
    /// `key` entries outlive every document that the key could have signed.
    static let keyEntryLifetime: Duration = .seconds(30 * 86400)

    /// The result of a revocation. The entries are known with the commit: see ``Written``.
    package enum Result: Sendable, Equatable {
        case revoked(endedSessions: Int)
        case nothingToRevoke
        case unknownTarget
    }

    /// Ends the affected refresh tokens and writes the entries.
    ///
    /// | target | entry | sessions |
    /// | --- | --- | --- |
    /// | token | `token`; the ninth live one of a session: `session` | – |
    /// | session | `session` | its row ends |
    /// | browser session | a `session` for it, and for each that came from it without `offline_access` | their rows end |
    /// | user, client | `user`, `client` | a watermark |
    /// | other sessions of a user | a `session` for each | their rows end |
    /// | all | `all` | a watermark if asked for |
    ///
    /// - Throws: ``Refusal`` `too_many_attempts` when a client has 1000 live entries for tokens without a session.
    @discardableResult
    package static func revoke(_ order: RevocationOrder, _ ledger: any Ledger) throws -> Result {
        switch order.target {
        case .token(let id, let session, let expiresAt):
            return try revokeToken(id, session: session, expiresAt: expiresAt, order, ledger)
        case .session(let id):
            _ = try ledger.revocationInstant(byTime: false)
            guard let record = try ledger.sessions.find(id) else { return .unknownTarget }
            let ended = record.isEnded ? 0 : try end(all: [record.session], order, ledger)
            return ended == 0 ? .nothingToRevoke : .revoked(endedSessions: ended)
        case .user(let id):
            let instant = try ledger.revocationInstant(byTime: true)
            guard let user = try ledger.users.find(id) else { return .unknownTarget }
            guard !isCovered(user.issuedBefore, user.sessionsEndedAt, at: instant) else {
                // No token and no session is newer, but a proof on a page may be.
                if user.sessionsEndedAt.map({ $0 < instant }) ?? true { try ledger.users.setWatermark(id, at: instant) }
                return .nothingToRevoke
            }
            try ledger.users.setWatermark(id, at: instant)
            try append(.user(id, issuedBefore: second(instant)), order, ledger)
            try StreamRules.tell(.sessionRevoked, .user(id), actor: order.actor, reason: order.reason, ledger)
            return .revoked(endedSessions: 0)
        case .otherSessions(let user, let keeping):
            return try revokeOthers(of: user, keeping: keeping, order, ledger)
        case .client(let id):
            let instant = try ledger.revocationInstant(byTime: true)
            guard let client = try ledger.clients.find(id) else { return .unknownTarget }
            guard !isCovered(client.issuedBefore, client.sessionsEndedAt, at: instant) else {
                return .nothingToRevoke
            }
            try ledger.clients.setWatermark(id, at: instant)
            try append(.client(id, issuedBefore: second(instant)), order, ledger)
            return .revoked(endedSessions: 0)
        case .all(let sessions):
            return try revokeAll(sessions: sessions, order, ledger)
        }
    }

    /// Writes a `key` entry: everything that this key has signed becomes invalid. Only a change of the key table calls
    /// it.
    static func condemn(_ key: KeyID, _ order: RevocationOrder, _ ledger: any Ledger) throws {
        _ = try ledger.revocationInstant(byTime: false)
        try append(.key(key), order, ledger)
    }

    /// Writes a lost entry again; see ``Reassertion``.
    /// - Returns: false when nothing is left to revoke.
    static func reassert(_ lost: RememberedRevocation, _ ledger: any Ledger) throws -> Bool {
        let order = RevocationOrder(.all(sessions: lost.reason.endsSessions), reason: lost.reason, actor: .system)
        switch lost.target {
        case .token(let id):
            let instant = try ledger.revocationInstant(byTime: false)
            guard lost.expiresAt > instant else { return false }
            try append(.token(id), order, atLeast: lost.expiresAt, ledger)
        case .session(let id):
            _ = try ledger.revocationInstant(byTime: false)
            if let record = try ledger.sessions.find(id), !record.isEnded {
                _ = try end(record.session, order, ledger)
            } else {
                try append(.session(id), order, atLeast: lost.expiresAt, ledger)
            }
        case .user(let id, _):
            let instant = try ledger.revocationInstant(byTime: true)
            try ledger.users.setWatermark(id, at: instant)
            try append(.user(id, issuedBefore: second(instant)), order, atLeast: lost.expiresAt, ledger)
            try UserRules.reassert(id, disabled: lost.reason.takesAccount, reason: lost.reason, ledger)
        case .client(let id, _):
            let instant = try ledger.revocationInstant(byTime: true)
            try ledger.clients.setWatermark(id, at: instant)
            if lost.reason.takesAccount { try ledger.clients.setDisabled(id, true) }
            try ledger.clients.raiseVersion()
            try append(.client(id, issuedBefore: second(instant)), order, atLeast: lost.expiresAt, ledger)
        case .key(let id):
            _ = try ledger.revocationInstant(byTime: false)
            try KeyRules.withdraw(id, ledger)
            try append(.key(id), order, atLeast: lost.expiresAt, ledger)
        case .all:
            let instant = try ledger.revocationInstant(byTime: true)
            let ended = try ledger.state.row().stored.sessionsEndedAt
            try ledger.state.revokeAll(
                issuedBefore: instant.seconds, sessionsEndedAt: lost.reason.endsSessions ? instant : ended)
            try append(.all(issuedBefore: second(instant)), order, atLeast: lost.expiresAt, ledger)
        }
        return true
    }

    // MARK: Kinds

    private static func revokeToken(
        _ id: TokenID, session: SessionID?, expiresAt: Timestamp?, _ order: RevocationOrder, _ ledger: any Ledger
    ) throws -> Result {
        let instant = try ledger.revocationInstant(byTime: false)
        if let expiresAt, expiresAt <= instant { return .nothingToRevoke }
        guard try !ledger.revocations.hasLiveEntry(for: id, at: instant) else { return .nothingToRevoke }
        guard let session, let record = try ledger.sessions.find(session) else {
            try refuseFlood(order.actor, at: instant, ledger)
            try append(.token(id), order, ledger)
            return .revoked(endedSessions: 0)
        }
        guard !record.isEnded else { return .nothingToRevoke }
        if try ledger.revocations.liveEntries(of: session, at: instant) >= tokenEntriesPerSession {
            return try end(record.session, order, ledger) ? .revoked(endedSessions: 1) : .nothingToRevoke
        }
        try append(.token(id), session: session, order, ledger)
        return .revoked(endedSessions: 0)
    }

    /// - Throws: `too_many_attempts` when the client must wait until an entry of its own expires.
    private static func refuseFlood(_ actor: Actor, at instant: Timestamp, _ ledger: any Ledger) throws {
        guard case .client = actor else { return }
        let live = try ledger.revocations.liveTokenExpiries(by: actor, at: instant, limit: tokenEntriesPerClient)
        guard live.count == tokenEntriesPerClient, let oldest = live.first else { return }
        throw Refusal(
            .tooManyAttempts, "This client has revoked too many single tokens: wait, or revoke the whole client.",
            retryAfter: min(oldest - instant, try ledger.state.row().horizon(at: instant)))
    }

    private static func revokeOthers(
        of user: UserID, keeping: SessionID, _ order: RevocationOrder, _ ledger: any Ledger
    ) throws -> Result {
        _ = try ledger.revocationInstant(byTime: false)
        guard try ledger.users.find(user) != nil else { return .unknownTarget }
        // The browser that a kept session came from stays signed in, and what came from a kept browser session stays.
        let parent = try ledger.sessions.find(keeping)?.session.parent
        let others = try ledger.sessions.unended(of: user, except: keeping).filter {
            !$0.isEnded && $0.session.id != parent && $0.session.parent != keeping
        }
        let ended = try end(all: others.map(\.session), order, ledger)
        return ended == 0 ? .nothingToRevoke : .revoked(endedSessions: ended)
    }

    private static func revokeAll(
        sessions: Bool, _ order: RevocationOrder, _ ledger: any Ledger
    ) throws -> Result {
        let instant = try ledger.revocationInstant(byTime: true)
        let isListed = try isAllListed(at: instant, ledger)
        let state = try ledger.state.row().stored
        let isCovered =
            sessions
            ? isCovered(state.issuedBefore, state.sessionsEndedAt, at: instant)
            : state.issuedBefore == instant.seconds
        guard !isCovered || !isListed else {
            // As for one user.
            if sessions {
                try ledger.state.revokeAll(issuedBefore: instant.seconds, sessionsEndedAt: instant)
            }
            return .nothingToRevoke
        }
        try ledger.state.revokeAll(
            issuedBefore: instant.seconds, sessionsEndedAt: sessions ? instant : state.sessionsEndedAt)
        try append(.all(issuedBefore: second(instant)), order, ledger)
        return .revoked(endedSessions: 0)
    }

    /// - Returns: false, with nothing written, when somebody else has ended it meanwhile: a rule of the user and one of the
    ///   session may run beside each other.
    private static func end(_ session: Session, _ order: RevocationOrder, _ ledger: any Ledger) throws -> Bool {
        try end(all: [session], order, ledger) > 0
    }

    /// Rows of sessions come before those of streams: who ends one of them meanwhile takes them in this order, too.
    /// - Returns: how many nobody else has ended meanwhile.
    private static func end(all sessions: [Session], _ order: RevocationOrder, _ ledger: any Ledger) throws -> Int {
        let ended = try withChildren(sessions, ledger).filter {
            try ledger.sessions.end($0.id, at: ledger.instant, reason: order.reason)
        }
        for session in ended { try publishEnd(of: session, order, ledger) }
        return ended.count
    }

    /// Sessions that came from a browser session end with it, unless the user is to stay signed in there.
    private static func withChildren(_ sessions: [Session], _ ledger: any Ledger) throws -> [Session] {
        var all = sessions
        for browser in sessions where browser.transport == .browser {
            for child in try ledger.sessions.unendedChildren(of: browser.id)
            where !child.isEnded && !child.session.outlivesParent && !all.contains(where: { $0.id == child.session.id })
            {
                all.append(child.session)
            }
        }
        return all
    }

    private static func publishEnd(of session: Session, _ order: RevocationOrder, _ ledger: any Ledger) throws {
        let entry = try append(.session(session.id), order, ledger)
        try StreamRules.tell(
            .sessionRevoked, .session(session.id, of: session.user), actor: order.actor, reason: order.reason, ledger)
        var details = ["reason": order.reason.rawValue, "seq": String(entry)]
        details["note"] = order.note
        try AuditRules.append(
            AuditEvent(
                .sessionEnded, at: ledger.instant, actor: order.actor, user: session.user, session: session.id,
                client: session.client, details: details),
            ledger)
    }

    // MARK: Pieces

    /// An instant as `issued_before`: a whole second; tokens of that second are included.
    private static func second(_ instant: Timestamp) -> Timestamp { Timestamp(seconds: instant.seconds) }

    /// A watermark of this same second already covers everything: nothing can have been issued or begun since, because
    /// the issuance gate is closed for the rest of the second.
    private static func isCovered(
        _ issuedBefore: Int64?, _ sessionsEndedAt: Timestamp?, at instant: Timestamp
    ) -> Bool {
        guard let issuedBefore, let sessionsEndedAt else { return false }
        return issuedBefore >= instant.seconds && sessionsEndedAt.seconds >= instant.seconds
    }

    /// False when the watermark for all tokens of this second has no entry: a restored or reset database got the
    /// watermark without one, and only the settlement writes it.
    private static func isAllListed(at instant: Timestamp, _ ledger: any Ledger) throws -> Bool {
        guard try ledger.state.row().settlement != nil else { return true }
        return try ledger.revocations.hasAllEntry(issuedBefore: instant.seconds)
    }

    /// Writes the entry and, except for sessions, its audit event.
    /// - Parameter atLeast: until when the entry is kept however short tokens live.
    @discardableResult
    private static func append(
        _ target: RevocationEntry.Target, session: SessionID? = nil, _ order: RevocationOrder,
        atLeast: Timestamp? = nil, _ ledger: any Ledger
    ) throws -> Int64 {
        let instant = ledger.instant
        let state = try ledger.state.row()
        let lifetime: Duration =
            if case .key = target { keyEntryLifetime } else { state.horizon(at: instant) + state.maxSkew }
        let end = max(instant + lifetime, atLeast ?? instant)
        let entry = try ledger.revocations.append(
            RevocationDraft(
                target: target, session: session,
                // `exp` has whole seconds at the wire: rounded up, never too short.
                expiresAt: Timestamp(seconds: end.seconds + (end == Timestamp(seconds: end.seconds) ? 0 : 1)),
                revokedAt: instant, reason: order.reason, note: order.note, actor: order.actor))
        if case .session = target { return entry }
        try audit(target, entry, session: session, order, ledger)
        return entry
    }

    private static func audit(
        _ target: RevocationEntry.Target, _ entry: Int64, session: SessionID?, _ order: RevocationOrder,
        _ ledger: any Ledger
    ) throws {
        var user: UserID?
        var client: ClientID?
        var details = [
            "kind": target.kind.rawValue, "reason": order.reason.rawValue, "seq": String(entry),
        ]
        details["note"] = order.note
        if case .all(sessions: true) = order.target { details["sessions"] = "true" }
        switch target {
        case .user(let id, _): user = id
        case .client(let id, _): client = id
        case .token(let id): details["jti"] = id.description
        case .key(let id): details["kid"] = id.description
        case .session, .all: break
        }
        try AuditRules.append(
            AuditEvent(
                .revoked, at: ledger.instant, actor: order.actor, user: user, session: session, client: client,
                details: details),
            ledger)
    }
}

extension Store {
    /// The only way to revoke from outside a rule. Durable and published on return. See
    /// ``RevocationRules/revoke(_:_:)``.
    package func revoke(_ order: RevocationOrder) async throws -> RevocationOutcome {
        // Run again it finds done what has happened.
        let written = try await write(order.target.scope, repeatable: true) { try RevocationRules.revoke(order, $0) }
        return switch written.value {
        case .revoked(let ended): .revoked(written.records, endedSessions: ended)
        case .nothingToRevoke: .nothingToRevoke
        case .unknownTarget: .unknownTarget
        }
    }

    /// Live entries with `seq` greater than `after`, in order, at most `limit`.
    package func revocations(after seq: Int64, limit: Int) async throws -> [RevocationRecord] {
        let now = expiryClock.now()
        return try await read { try $0.revocations.live(after: seq, at: now, limit: limit) }
    }

    /// Newest first.
    package func revocations(page: PageRequest) async throws -> Page<RevocationRecord> {
        let before = try PageCursor.number(page)
        let now = clock.now()
        let rows = try await read { try $0.revocations.live(before: before, at: now, limit: page.limit + 1) }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.entry.sequence) }
    }
}

extension RevocationReason {
    /// Whether an `all` entry with this reason ended sessions. An administrator may have kept them; sessions that end
    /// once more are the safe mistake.
    fileprivate var endsSessions: Bool { self != .emergencyRotation && self != .clockReset }
}

extension RevocationTarget {
    fileprivate var scope: WriteScope {
        switch self {
        case .token(_, let session?, _), .session(let session): .session(session)
        case .user(let id), .otherSessions(let id, _): .user(id)
        case .token, .client, .all: .turn
        }
    }
}
