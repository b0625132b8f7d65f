package import LatchkeyCore
package import LatchkeyTokens

/// Rows of `revocations`.
package struct Revocations: RevocationLook {
    fileprivate let connection: any SQLConnection

    package init(_ connection: any SQLConnection) { self.connection = connection }

    private static let select = """
        SELECT seq, kind, subject, issued_before, expires_at, revoked_at, reason, note, actor FROM revocations
        """

    private static func decode(_ row: Row) throws -> RevocationRecord {
        let issuedBefore = (row[3] as Int64?).map { Timestamp(seconds: $0) }
        let entry = RevocationEntry(
            sequence: row[0], kind: try row.value(1), id: row[2], issuedBefore: issuedBefore,
            expiresAt: row.timestamp(4))
        guard let entry, let actor = Actor(row[8] as String) else { throw StoreFault.unreadable(RevocationEntry.self) }
        return RevocationRecord(
            entry: entry, revokedAt: row.timestamp(5), reason: try row.value(6), note: row[7], actor: actor)
    }

    package func live(after seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord] {
        try connection.all(
            "\(Self.select) WHERE seq > ? AND expires_at > ? ORDER BY seq LIMIT ?",
            [seq, instant.milliseconds, limit], Self.decode)
    }

    package func live(before seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord] {
        try connection.all(
            "\(Self.select) WHERE seq < ? AND expires_at > ? ORDER BY seq DESC LIMIT ?",
            [seq, instant.milliseconds, limit], Self.decode)
    }

    /// Every entry after `sequence`, expired or not, in order: the entries that an engine publishes.
    package func all(after sequence: Int64) throws -> [RevocationRecord] {
        try connection.all("\(Self.select) WHERE seq > ? ORDER BY seq", [sequence], Self.decode)
    }

    /// What every entry is about, numbered or not, expired or not.
    package func targets() throws -> [RevocationEntry.Target] {
        try connection.all("SELECT kind, subject, issued_before FROM revocations") { row in
            let entry = RevocationEntry(
                sequence: 0, kind: try row.value(0), id: row[1],
                issuedBefore: (row[2] as Int64?).map { Timestamp(seconds: $0) }, expiresAt: Timestamp(milliseconds: 0))
            guard let entry else { throw StoreFault.unreadable(RevocationEntry.self) }
            return entry.target
        }
    }
}

/// The writes of rules.
struct RevocationWrites: RevocationTable {
    private let ledger: SQLLedger
    private let looks: Revocations
    private var connection: any SQLConnection { looks.connection }

    init(_ ledger: SQLLedger, _ connection: any SQLConnection) {
        self.ledger = ledger
        looks = Revocations(connection)
    }

    func live(after seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord] {
        try looks.live(after: seq, at: instant, limit: limit)
    }

    func live(before seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord] {
        try looks.live(before: seq, at: instant, limit: limit)
    }

    func append(_ draft: RevocationDraft) throws -> Int64 {
        let sequence = try ledger.drawEntry()
        let entry = RevocationEntry(sequence: sequence, target: draft.target, expiresAt: draft.expiresAt)
        try connection.run(
            """
            INSERT INTO revocations (\(ledger.entryColumn), kind, subject, session_id, issued_before, expires_at, revoked_at, reason, note,
                actor)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                sequence, entry.kind.rawValue, entry.id, draft.session?.bytes, entry.issuedBefore?.seconds,
                draft.expiresAt.milliseconds, draft.revokedAt.milliseconds, draft.reason.rawValue, draft.note,
                draft.actor.text,
            ])
        ledger.note(
            RevocationRecord(
                entry: entry, revokedAt: draft.revokedAt, reason: draft.reason, note: draft.note, actor: draft.actor))
        return sequence
    }

    func hasLiveEntry(for token: TokenID, at instant: Timestamp) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM revocations WHERE kind = 'token' AND subject = ? AND expires_at > ? LIMIT 1",
            [token.description, instant.milliseconds]
        ) { _ in true } ?? false
    }

    func liveEntries(of session: SessionID, at instant: Timestamp) throws -> Int {
        Int(
            try connection.integer(
                "SELECT count(*) FROM revocations WHERE session_id = ? AND expires_at > ?",
                [session.bytes, instant.milliseconds]))
    }

    func liveTokenExpiries(by actor: Actor, at instant: Timestamp, limit: Int) throws -> [Timestamp] {
        try connection.all(
            """
            SELECT expires_at FROM revocations
            WHERE kind = 'token' AND session_id IS NULL AND actor = ? AND expires_at > ?
            ORDER BY expires_at LIMIT ?
            """, [actor.text, instant.milliseconds, limit]
        ) { $0.timestamp(0) }
    }

    func hasAllEntry(issuedBefore second: Int64) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM revocations WHERE kind = 'all' AND issued_before >= ? LIMIT 1", [second]
        ) { _ in true } ?? false
    }

    func latestMark(of client: ClientID) throws -> Int64? {
        try connection.first(
            "SELECT max(issued_before) FROM revocations WHERE kind = 'client' AND subject = ?", [client.description]
        ) { row -> Int64? in row[0] } ?? nil
    }
}
