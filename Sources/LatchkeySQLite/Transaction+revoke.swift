import LatchkeyCore
import LatchkeyTokens

/// The one way into the revocation log. Whatever revokes (logout, replay, password change, a disabled user, a lost
/// role, an administrator) calls ``Transaction/revoke(_:)`` inside its own transaction; ``append(_:session:order:)``
/// is private to this file.
extension Transaction {
    /// A session with this many live `token` entries is ended instead of getting another one.
    static let tokenEntriesPerSession = 8
    /// Live `token` entries without a session that one client may cause: a published list has room for all clients.
    static let tokenEntriesPerClient = 1000
    /// `key` entries outlive every document that the key could have signed.
    static let keyEntryLifetime: Duration = .seconds(30 * 86400)

    /// Ends the refresh tokens concerned and writes the entries. See ``Store/revoke(_:)``.
    func revoke(_ order: RevocationOrder) throws -> RevocationOutcome {
        useClockForRevocation()
        switch order.target {
        case .token(let id, let session, let expiresAt):
            return try revokeToken(id, session: session, expiresAt: expiresAt, order)
        case .session(let id):
            guard let record = try SessionRow.find(id, database) else { return .unknownTarget }
            guard isLive(record) else { return .nothingToRevoke }
            return .revoked([try endSession(record.session, order)], endedSessions: 1)
        case .user(let id):
            guard let user = try UserRow.find(id, database) else { return .unknownTarget }
            guard !isCovered(user.issuedBefore, user.sessionsEndedAt) else { return .nothingToRevoke }
            try database.run(
                "UPDATE users SET issued_before = ?, sessions_ended_at = ? WHERE id = ?",
                [instant.seconds, instant.milliseconds, id.bytes])
            let record = try append(.user(id, issuedBefore: second), order: order)
            try tell(.sessionRevoked, .user(id), actor: order.actor, reason: order.reason)
            return .revoked([record], endedSessions: 0)
        case .otherSessions(let user, let keeping):
            return try revokeOthers(of: user, keeping: keeping, order)
        case .client(let id):
            guard let row = try ClientRow.find(id, database) else { return .unknownTarget }
            guard !isCovered(row.client.issuedBefore, row.client.sessionsEndedAt) else { return .nothingToRevoke }
            try database.run(
                "UPDATE clients SET issued_before = ?, sessions_ended_at = ? WHERE number = ?",
                [instant.seconds, instant.milliseconds, row.number])
            return .revoked([try append(.client(id, issuedBefore: second), order: order)], endedSessions: 0)
        case .all(let sessions):
            return try revokeAll(sessions: sessions, order)
        }
    }

    /// Writes a `key` entry: whatever this key has signed is void. Only the key table's change calls it.
    func condemn(_ key: KeyID, _ order: RevocationOrder) throws -> RevocationRecord {
        useClockForRevocation()
        return try append(.key(key), order: order)
    }

    // MARK: Kinds

    private func revokeToken(
        _ id: TokenID, session: SessionID?, expiresAt: Timestamp?, _ order: RevocationOrder
    ) throws -> RevocationOutcome {
        if let expiresAt, expiresAt <= instant { return .nothingToRevoke }
        let already = try database.integer(
            "SELECT EXISTS (SELECT 1 FROM revocations WHERE kind = 'token' AND subject = ? AND expires_at > ?)",
            [id.description, instant.milliseconds])
        guard already == 0 else { return .nothingToRevoke }
        guard let session, let record = try SessionRow.find(session, database) else {
            try refuseFlood(order.actor)
            return .revoked([try append(.token(id), order: order)], endedSessions: 0)
        }
        guard isLive(record) else { return .nothingToRevoke }
        let live = try database.integer(
            "SELECT count(*) FROM revocations WHERE session_id = ? AND expires_at > ?",
            [session.bytes, instant.milliseconds])
        if live >= Self.tokenEntriesPerSession {
            return .revoked([try endSession(record.session, order)], endedSessions: 1)
        }
        return .revoked([try append(.token(id), session: session, order: order)], endedSessions: 0)
    }

    /// - Throws: `too_many_attempts` when the client has to wait until an entry of its own expires.
    private func refuseFlood(_ actor: Actor) throws {
        guard case .client = actor else { return }
        let live = try database.all(
            """
            SELECT expires_at FROM revocations
            WHERE kind = 'token' AND session_id IS NULL AND actor = ? AND expires_at > ?
            ORDER BY expires_at LIMIT ?
            """, [actor.text, instant.milliseconds, Self.tokenEntriesPerClient]
        ) { $0.timestamp(0) }
        guard live.count == Self.tokenEntriesPerClient, let oldest = live.first else { return }
        throw Refusal(
            .tooManyAttempts, "This client has revoked too many single tokens: wait, or revoke all of the client.",
            retryAfter: min(oldest - instant, try state().horizon(at: instant)))
    }

    private func revokeOthers(
        of user: UserID, keeping: SessionID, _ order: RevocationOrder
    ) throws -> RevocationOutcome {
        guard try UserRow.find(user, database) != nil else { return .unknownTarget }
        let others = try database.all(
            "\(SessionRow.select) WHERE s.user_id = ? AND s.id <> ? AND s.ended_at IS NULL",
            [user.bytes, keeping.bytes]
        ) { try SessionRow.decode($0, database.clientSettings) }.filter(isLive)
        guard !others.isEmpty else { return .nothingToRevoke }
        return .revoked(try others.map { try endSession($0.session, order) }, endedSessions: others.count)
    }

    private func revokeAll(sessions: Bool, _ order: RevocationOrder) throws -> RevocationOutcome {
        let isListed = try isAllListed()
        let state = try state().revocation
        let endedAt = sessions ? instant : state.sessionsEndedAt
        let isCovered =
            sessions
            ? isCovered(state.issuedBefore, state.sessionsEndedAt) : state.issuedBefore == instant.seconds
        guard !isCovered || !isListed else { return .nothingToRevoke }
        try database.run(
            "UPDATE revocation_state SET issued_before = ?, sessions_ended_at = ?",
            [instant.seconds, endedAt?.milliseconds])
        forgetState()
        return .revoked([try append(.all(issuedBefore: second), order: order)], endedSessions: 0)
    }

    private func endSession(_ session: Session, _ order: RevocationOrder) throws -> RevocationRecord {
        try SessionRow.end(session.id, at: instant, reason: order.reason, database)
        let record = try append(.session(session.id), order: order)
        try tell(.sessionRevoked, .session(session.id, of: session.user), actor: order.actor, reason: order.reason)
        var details = ["reason": order.reason.rawValue, "seq": String(record.entry.sequence)]
        details["note"] = order.note
        try AuditRow.append(
            AuditEvent(
                .sessionEnded, at: instant, actor: order.actor, user: session.user, session: session.id,
                client: session.client, details: details),
            database)
        return record
    }

    // MARK: Pieces

    /// The instant as `issued_before`: a whole second, whose tokens are included.
    private var second: Timestamp { Timestamp(seconds: instant.seconds) }

    /// A watermark of this very second already covers everything: nothing can have been issued or begun since, as the
    /// issuance gate is closed for the rest of it.
    private func isCovered(_ issuedBefore: Int64?, _ sessionsEndedAt: Timestamp?) -> Bool {
        guard let issuedBefore, let sessionsEndedAt else { return false }
        return issuedBefore >= instant.seconds && sessionsEndedAt.seconds >= instant.seconds
    }

    /// False when everybody's watermark of this second has no entry: a restored or reset database was given the
    /// watermark without one, which only the settlement writes.
    private func isAllListed() throws -> Bool {
        guard try state().settlement != nil else { return true }
        return try database.integer(
            "SELECT EXISTS (SELECT 1 FROM revocations WHERE kind = 'all' AND issued_before >= ?)", [instant.seconds]
        ) == 1
    }

    /// Not ended by itself nor by a watermark. Expiry does not count: the last access token may still be alive.
    private func isLive(_ record: SessionRecord) -> Bool {
        let watermarks = [record.user.sessionsEndedAt, record.client.sessionsEndedAt, record.allEndedAt]
        return record.session.endedAt == nil
            && !watermarks.contains { $0.map { record.session.createdAt <= $0 } ?? false }
    }

    /// Draws the next `seq` and writes the entry and, but for sessions, its audit event.
    private func append(
        _ target: RevocationEntry.Target, session: SessionID? = nil, order: RevocationOrder
    ) throws -> RevocationRecord {
        let state = try state()
        let sequence = try database.integer(
            "UPDATE revocation_state SET last_seq = last_seq + 1 RETURNING last_seq")
        forgetState()
        let lifetime: Duration =
            if case .key = target { Self.keyEntryLifetime } else { state.horizon(at: instant) + state.maxSkew }
        let end = instant + lifetime
        let entry = RevocationEntry(
            sequence: sequence, target: target,
            // `exp` has whole seconds at the wire: rounded up, never short.
            expiresAt: Timestamp(seconds: end.seconds + (end == Timestamp(seconds: end.seconds) ? 0 : 1)))
        try database.run(
            """
            INSERT INTO revocations (seq, kind, subject, session_id, issued_before, expires_at, revoked_at, reason, note,
                actor)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                sequence, entry.kind.rawValue, entry.id, session?.bytes, entry.issuedBefore?.seconds,
                entry.expiresAt.milliseconds, instant.milliseconds, order.reason.rawValue, order.note,
                order.actor.text,
            ])
        if entry.kind != .session { try audit(entry, session: session, order) }
        return RevocationRecord(
            entry: entry, revokedAt: instant, reason: order.reason, note: order.note, actor: order.actor)
    }

    private func audit(_ entry: RevocationEntry, session: SessionID?, _ order: RevocationOrder) throws {
        var user: UserID?
        var client: ClientID?
        var details = [
            "kind": entry.kind.rawValue, "reason": order.reason.rawValue, "seq": String(entry.sequence),
        ]
        details["note"] = order.note
        if case .all(sessions: true) = order.target { details["sessions"] = "true" }
        switch entry.target {
        case .user(let id, _): user = id
        case .client(let id, _): client = id
        case .token(let id): details["jti"] = id.description
        case .key(let id): details["kid"] = id.description
        case .session, .all: break
        }
        try AuditRow.append(
            AuditEvent(
                .revoked, at: instant, actor: order.actor, user: user, session: session, client: client,
                details: details),
            database)
    }
}
