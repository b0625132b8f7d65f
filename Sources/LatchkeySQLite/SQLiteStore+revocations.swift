package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func revoke(_ order: RevocationOrder) async throws -> RevocationOutcome {
        try await writer.perform { try $0.revoke(order) }
    }

    package func revocations(after seq: Int64, limit: Int) async throws -> [RevocationRecord] {
        let now = expiryClock.now()
        return try await readers.read { database in
            try database.all(
                "\(RevocationRow.select) WHERE seq > ? AND expires_at > ? ORDER BY seq LIMIT ?",
                [seq, now.milliseconds, limit], RevocationRow.decode)
        }
    }

    package func revocations(page: PageRequest) async throws -> Page<RevocationRecord> {
        let before = try PageCursor.number(page)
        let now = clock.now()
        let rows = try await readers.read { database in
            try database.all(
                "\(RevocationRow.select) WHERE seq < ? AND expires_at > ? ORDER BY seq DESC LIMIT ?",
                [before, now.milliseconds, page.limit + 1], RevocationRow.decode)
        }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.entry.sequence) }
    }

    package func revocationState() async throws -> RevocationState {
        let now = clock.now()
        return try await readers.read { try StateRow.read($0).revocation(at: now) }
    }

    package func pendingSettlement() async throws -> PendingSettlement? {
        try await readers.read { try StateRow.read($0).settlement }
    }

    package func clearSettlement(event: AuditEvent?) async throws {
        try await writer.perform { transaction in
            try transaction.database.run("UPDATE revocation_state SET settlement = 'none'")
            transaction.forgetState()
            if let event { try AuditRow.append(event, transaction.database) }
        }
    }

    package func beginEpoch(_ epoch: String) async throws -> RevocationState {
        try await writer.perform { transaction in
            try transaction.database.run("UPDATE revocation_state SET epoch = ?", [epoch])
            transaction.forgetState()
            return try transaction.state().revocation(at: transaction.instant)
        }
    }

    package func setTokenHorizon(_ longest: Duration, skew: Duration) async throws {
        let longest = longest.wholeMilliseconds
        let skew = skew.wholeMilliseconds
        try await writer.perform { transaction in
            let state = try transaction.state()
            let horizon = state.horizon(at: transaction.instant).wholeMilliseconds
            if longest >= horizon {
                try transaction.database.run(
                    """
                    UPDATE revocation_state SET token_horizon = ?, lower_horizon = NULL, lower_horizon_at = NULL,
                        max_skew = ?
                    """, [longest, skew])
            } else {
                // Tokens of the old length may have been issued until now; a wish that stands already keeps its date.
                let standing = state.lowering.flatMap { lowering in
                    lowering.horizon.wholeMilliseconds == longest ? lowering.from : nil
                }
                let from = standing ?? transaction.instant + .milliseconds(horizon)
                try transaction.database.run(
                    """
                    UPDATE revocation_state SET token_horizon = ?, lower_horizon = ?, lower_horizon_at = ?, max_skew = ?
                    """, [horizon, longest, from.milliseconds, skew])
            }
            transaction.forgetState()
        }
    }
}

extension Page {
    /// A page from up to `limit + 1` rows: the extra one tells that there is a next page.
    init(_ rows: [Item], limit: Int, cursor: (Item) -> String) {
        guard rows.count > limit, limit > 0 else {
            self.init(items: rows, nextCursor: nil)
            return
        }
        self.init(items: Array(rows.prefix(limit)), nextCursor: cursor(rows[limit - 1]))
    }
}

/// Reads rows of `revocations`.
enum RevocationRow {
    static let select = """
        SELECT seq, kind, subject, issued_before, expires_at, revoked_at, reason, note, actor FROM revocations
        """

    static func decode(_ row: Row) throws -> RevocationRecord {
        let issuedBefore = (row[3] as Int64?).map { Timestamp(seconds: $0) }
        let entry = RevocationEntry(
            sequence: row[0], kind: try row.value(1), id: row[2], issuedBefore: issuedBefore,
            expiresAt: row.timestamp(4))
        guard let entry, let actor = Actor(row[8] as String) else { throw StoreFault.unreadable(RevocationEntry.self) }
        return RevocationRecord(
            entry: entry, revokedAt: row.timestamp(5), reason: try row.value(6), note: row[7], actor: actor)
    }

    /// Every entry after `sequence`, expired or not, in order.
    static func after(_ sequence: Int64, _ database: Database) throws -> [RevocationRecord] {
        try database.all("\(select) WHERE seq > ? ORDER BY seq", [sequence], decode)
    }
}
