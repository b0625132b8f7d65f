package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func reserveStatus(for claims: AccessTokenClaims, keyID: KeyID) async throws -> StatusEntry {
        try await writer.perform { try $0.reserveStatus(for: claims, keyID: keyID) }
    }

    package func statusEntries(after position: StatusPosition?, limit: Int) async throws -> [StatusEntry] {
        let now = expiryClock.now()
        return try await readers.read { database in
            let lists = try database.all(
                """
                SELECT number, size, opened_at, expires_at FROM status_lists
                WHERE number >= ? AND expires_at > ? - (SELECT max_skew FROM revocation_state) ORDER BY number
                """, [position?.list ?? 0, now.milliseconds], StatusRow.list)
            var entries: [StatusEntry] = []
            // List by list: retired ones that the sweep has not reached yet are stepped over, however long they are.
            for list in lists where entries.count < limit {
                let start = list.number == position?.list ? position?.place : nil
                entries += try database.all(
                    """
                    SELECT place, token_id, session_id, subject, client_id, key_id, issued_at FROM status_entries
                    WHERE list_number = ? AND place > ? ORDER BY place LIMIT ?
                    """, [list.number, start ?? -1, limit - entries.count]
                ) { row in try StatusRow.entry(row, list) }
            }
            return entries
        }
    }
}

extension Transaction {
    /// Tries for a free place; at most half of a list is used, so each fails at most every other time.
    private static let attempts = 64

    /// See ``Store/reserveStatus(for:keyID:)``.
    func reserveStatus(for claims: AccessTokenClaims, keyID: KeyID) throws -> StatusEntry {
        let expiry = StatusListRecord.expiry(for: claims.expiresAt)
        let list = try openStatusList(expiry) ?? beginStatusList(expiry)
        for _ in 0..<Self.attempts {
            let place = Int64.random(in: 0..<Int64(list.size))
            let inserted = try database.run(
                """
                INSERT INTO status_entries (list_number, place, token_id, session_id, subject, client_id, key_id,
                    issued_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (list_number, place) DO NOTHING
                """,
                [
                    list.number, place, claims.tokenID.description, claims.sessionID?.bytes, claims.subject,
                    claims.clientID.description, keyID.description, claims.issuedAt.seconds,
                ])
            guard inserted == 1 else { continue }
            try database.run("UPDATE status_lists SET used = used + 1 WHERE number = ?", [list.number])
            return StatusEntry(list: list, place: place, token: RevocationSubject(claims, keyID: keyID))
        }
        throw StoreFault("no place was found in a status list that is half empty")
    }

    /// A list for tokens of this expiry with room. One that an `all` entry covers takes no more tokens: everything in it
    /// reads INVALID.
    private func openStatusList(_ expiry: Timestamp) throws -> StatusListRecord? {
        let after = try state().revocation.issuedBefore.map { Timestamp(seconds: $0 + 1) } ?? Timestamp(milliseconds: 0)
        return try database.first(
            """
            SELECT number, size, opened_at, expires_at FROM status_lists
            WHERE expires_at = ? AND opened_at >= ? AND used < size / 2 ORDER BY number DESC LIMIT 1
            """, [expiry.milliseconds, after.milliseconds], StatusRow.list)
    }

    private func beginStatusList(_ expiry: Timestamp) throws -> StatusListRecord {
        let last = try database.integer("SELECT coalesce(max(number), 0) FROM status_lists")
        let list = StatusListRecord(
            number: max(last + 1, instant.milliseconds), size: StatusListRecord.newSize, openedAt: instant,
            expiresAt: expiry)
        try database.run(
            "INSERT INTO status_lists (number, size, opened_at, expires_at, used) VALUES (?, ?, ?, ?, 0)",
            [list.number, list.size, list.openedAt.milliseconds, list.expiresAt.milliseconds])
        return list
    }
}

/// Reads rows of `status_lists` and `status_entries`.
private enum StatusRow {
    static func list(_ row: Row) throws -> StatusListRecord {
        StatusListRecord(number: row[0], size: row[1], openedAt: row.timestamp(2), expiresAt: row.timestamp(3))
    }

    static func entry(_ row: Row, _ list: StatusListRecord) throws -> StatusEntry {
        let session = row.optionalBytes(2)
        let sessionID = session.flatMap { SessionID(bytes: $0) }
        guard let tokenID = TokenID(row[1] as String), (session == nil) == (sessionID == nil),
            let clientID = ClientID(row[4] as String), let keyID = KeyID(row[5] as String)
        else { throw StoreFault.unreadable(StatusEntry.self) }
        return StatusEntry(
            list: list, place: row[0],
            token: RevocationSubject(
                tokenID: tokenID, sessionID: sessionID, subject: row[3], clientID: clientID, keyID: keyID,
                issuedAt: Timestamp(seconds: row[6])))
    }
}
