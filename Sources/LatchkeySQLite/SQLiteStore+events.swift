package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func pendingEvents(_ number: Int64, limit: Int) async throws -> [SecurityEvent] {
        try await readers.read { database in
            try database.all(
                """
                SELECT seq, jti, kind, user_id, session_id, at, initiator, reason, txn, state
                FROM stream_events WHERE stream = ? ORDER BY seq LIMIT ?
                """, [number, limit], EventRow.decode)
        }
    }

    package func acknowledge(_ id: StreamID, _ acknowledgement: EventAcknowledgement) async throws -> Int {
        try await writer.perform { transaction in
            let database = transaction.database
            let record = try transaction.existing(id)
            func remove(_ event: TokenID) throws -> Int {
                try database.run(
                    "DELETE FROM stream_events WHERE stream = ? AND jti = ?", [record.number, event.description])
            }
            var removed = 0
            var refused: [SetErrorCode: Int] = [:]
            for event in acknowledgement.accepted { removed += try remove(event) }
            for (event, code) in acknowledgement.refused where try remove(event) > 0 {
                removed += 1
                refused[code, default: 0] += 1
            }
            try database.run(
                "UPDATE event_streams SET pending = pending - ?, acknowledged_at = ? WHERE number = ?",
                [removed, transaction.instant.milliseconds, record.number])
            for (code, count) in refused.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                try AuditRow.append(
                    AuditEvent(
                        .streamEventRefused, at: transaction.instant, actor: .client(record.stream.client),
                        client: record.stream.client,
                        details: ["stream": id.description, "err": code.rawValue, "count": String(count)]),
                    database)
            }
            return removed
        }
    }

    package func expireEvents(before instant: Timestamp, limit: Int) async throws -> Int {
        let candidates = try await readers.read { database in
            try database.all("SELECT number FROM event_streams WHERE pending > 0 ORDER BY number") { row -> Int64 in
                row[0]
            }
        }
        var removed = 0
        for stream in candidates where removed < limit {
            let most = Int64(limit - removed)
            removed += try await writer.perform { transaction in
                try transaction.drop(most, of: stream, before: instant, why: "old")
            }
        }
        return removed
    }
}

/// Reads rows of `stream_events`.
enum EventRow {
    static func decode(_ row: Row) throws -> SecurityEvent {
        guard let id = TokenID(row[1] as String) else { throw StoreFault.unreadable(TokenID.self) }
        let user = row.optionalBytes(3).flatMap { UserID(bytes: $0) }
        let session = row.optionalBytes(4).flatMap { SessionID(bytes: $0) }
        let subject: SecurityEvent.Subject =
            switch (user, session) {
            case (let user?, let session?): .session(session, of: user)
            case (let user?, nil): .user(user)
            case (nil, _): .stream
            }
        return SecurityEvent(
            sequence: row[0], id: id, kind: try row.value(2), subject: subject, at: row.timestamp(5),
            initiator: (row[6] as String?).flatMap(SecurityEvent.Initiator.init(rawValue:)),
            reason: (row[7] as String?).flatMap(RevocationReason.init(rawValue:)), transaction: row[8], state: row[9])
    }
}
