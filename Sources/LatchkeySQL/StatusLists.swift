import LatchkeyCore
import LatchkeyTokens

/// Rows of `status_lists` and `status_entries`.
struct StatusLists: StatusListTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static func list(_ row: Row) throws -> StatusListRecord {
        StatusListRecord(number: row[0], size: row[1], openedAt: row.timestamp(2), expiresAt: row.timestamp(3))
    }

    private static func entry(_ row: Row, _ list: StatusListRecord) throws -> StatusEntry {
        let session = row.optionalBytes(2)
        let sessionID = session.flatMap { SessionID(bytes: $0) }
        guard let tokenID = TokenID(row[1] as String), (session == nil) == (sessionID == nil),
            let keyID = KeyID(row[5] as String)
        else { throw StoreFault.unreadable(StatusEntry.self) }
        return StatusEntry(
            list: list, place: row[0],
            token: RevocationSubject(
                tokenID: tokenID, sessionID: sessionID, subject: row[3], clientID: try row.clientID(4), keyID: keyID,
                issuedAt: Timestamp(seconds: row[6])))
    }

    // MARK: Looks

    func lists(from number: Int64, at instant: Timestamp) throws -> [StatusListRecord] {
        try connection.all(
            """
            SELECT number, size, opened_at, expires_at FROM status_lists
            WHERE number >= ? AND expires_at > ? - (SELECT max_skew FROM revocation_state) ORDER BY number
            """, [number, instant.milliseconds], Self.list)
    }

    func entries(of list: StatusListRecord, after place: Int64?, limit: Int) throws -> [StatusEntry] {
        try connection.all(
            """
            SELECT place, token_id, session_id, subject, client_id, key_id, issued_at FROM status_entries
            WHERE list_number = ? AND place > ? ORDER BY place LIMIT ?
            """, [list.number, place ?? -1, limit]
        ) { try Self.entry($0, list) }
    }

    func entries(of list: StatusListRecord, issuedFrom instant: Timestamp?) throws -> [StatusEntry] {
        try connection.all(
            """
            SELECT place, token_id, session_id, subject, client_id, key_id, issued_at FROM status_entries
            WHERE list_number = ? AND issued_at >= ?
            """, [list.number, instant?.seconds ?? 0]
        ) { try Self.entry($0, list) }
    }

    func count(of list: StatusListRecord) throws -> Int {
        Int(try connection.integer("SELECT count(*) FROM status_entries WHERE list_number = ?", [list.number]))
    }

    // MARK: Writes

    func open(expiringAt: Timestamp, openedFrom earliest: Timestamp) throws -> StatusListRecord? {
        try connection.first(
            """
            SELECT number, size, opened_at, expires_at FROM status_lists
            WHERE expires_at = ? AND opened_at >= ? AND used < size / 2 ORDER BY number DESC LIMIT 1
            """, [expiringAt.milliseconds, earliest.milliseconds], Self.list)
    }

    func lastNumber() throws -> Int64 {
        try connection.integer("SELECT coalesce(max(number), 0) FROM status_lists")
    }

    func insert(_ list: StatusListRecord) throws {
        try connection.run(
            "INSERT INTO status_lists (number, size, opened_at, expires_at, used) VALUES (?, ?, ?, ?, 0)",
            [list.number, list.size, list.openedAt.milliseconds, list.expiresAt.milliseconds])
    }

    func insert(_ claims: AccessTokenClaims, keyID: KeyID, at place: StatusPosition) throws -> Bool {
        let inserted = try connection.run(
            """
            INSERT INTO status_entries (list_number, place, token_id, session_id, subject, client_id, key_id,
                issued_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list_number, place) DO NOTHING
            """,
            [
                place.list, place.place, claims.tokenID.description, claims.sessionID?.bytes, claims.subject,
                claims.clientID.description, keyID.description, claims.issuedAt.seconds,
            ])
        return inserted == 1
    }

    func countPlace(of list: StatusListRecord) throws {
        try connection.run("UPDATE status_lists SET used = used + 1 WHERE number = ?", [list.number])
    }
}
