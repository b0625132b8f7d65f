import LatchkeyCore
import LatchkeyTokens

/// The statements of the sweep and of the figures, on all tables.
struct UpkeepStatements: UpkeepTable {
    private let connection: any SQLConnection
    private let dialect: any SQLDialect

    init(_ connection: any SQLConnection, _ dialect: any SQLDialect) {
        self.connection = connection
        self.dialect = dialect
    }

    func counts(at instant: Timestamp) throws -> RowCounts {
        RowCounts(
            users: try connection.integer("SELECT count(*) FROM users"),
            clients: try connection.integer("SELECT count(*) FROM clients WHERE built_in = 0"),
            sessions: try dialect.sessionCount(connection),
            liveRevocations: try connection.integer(
                "SELECT count(*) FROM revocations WHERE expires_at > ?", [instant.milliseconds]),
            // Rows are removed only at the head, so the two ends give the number.
            auditEvents: try connection.integer(
                "SELECT coalesce((SELECT max(id) FROM audit_events) - (SELECT min(id) FROM audit_events) + 1, 0)"))
    }

    // MARK: Sessions

    func deadSessions(
        after id: SessionID?, limit: Int, _ bounds: SessionBounds
    ) throws -> (dead: [DeadSession], last: SessionID?) {
        let rows = try connection.all(
            """
            SELECT s.id, s.rotated_at,
                CASE WHEN u.id IS NULL OR c.number IS NULL OR s.expires_at <= ?2 OR s.rotated_at <= ?3
                    OR s.ended_at <= ?4
                    OR s.created_at <= u.sessions_ended_at AND u.sessions_ended_at <= ?4
                    OR s.created_at <= c.sessions_ended_at AND c.sessions_ended_at <= ?4
                    OR s.created_at <= state.sessions_ended_at AND state.sessions_ended_at <= ?4
                THEN 1 ELSE 0 END
            FROM sessions s
            LEFT JOIN users u ON u.id = s.user_id
            LEFT JOIN clients c ON c.number = s.client_number
            JOIN revocation_state state ON state.id = 1
            WHERE s.id > ?1 ORDER BY s.id LIMIT ?5
            """,
            [
                id?.bytes ?? [], bounds.expiredAt.milliseconds, bounds.unusedSince.milliseconds,
                bounds.endedAt.milliseconds, limit,
            ]
        ) { row in (session: DeadSession(id: try row.sessionID(0), rotatedAt: row[1]), isDead: row[2] as Bool) }
        return (rows.filter(\.isDead).map(\.session), rows.count < limit ? nil : rows.last?.session.id)
    }

    func remove(_ sessions: [DeadSession]) throws -> Int {
        var removed = 0
        for session in sessions {
            removed += try connection.run(
                "DELETE FROM sessions WHERE id = ? AND rotated_at = ?", [session.id.bytes, session.rotatedAt])
        }
        try dialect.countSessions(-removed, connection)
        return removed
    }

    // MARK: Rows that an index finds

    func remove(_ rows: ExpiredRows, until instant: Timestamp, limit: Int) throws -> Int {
        try connection.run(Self.statement(rows), [instant.milliseconds, limit])
    }

    private static func statement(_ rows: ExpiredRows) -> String {
        switch rows {
        case .revocations:
            """
            DELETE FROM revocations WHERE seq IN (
                SELECT seq FROM revocations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """
        case .statusEntries:
            """
            DELETE FROM status_entries WHERE (list_number, place) IN (
                SELECT e.list_number, e.place
                FROM status_lists l JOIN status_entries e ON e.list_number = l.number
                WHERE l.expires_at <= ?1 - (SELECT max_skew FROM revocation_state) LIMIT ?2)
            """
        case .statusLists:
            """
            DELETE FROM status_lists WHERE number IN (
                SELECT number FROM status_lists l
                WHERE expires_at <= ?1 - (SELECT max_skew FROM revocation_state)
                    AND NOT EXISTS (SELECT 1 FROM status_entries WHERE list_number = l.number) LIMIT ?2)
            """
        case .auditEvents:
            // The oldest rows come first, so a look at the head of the table suffices.
            """
            DELETE FROM audit_events WHERE id IN (
                SELECT id FROM (SELECT id, at FROM audit_events ORDER BY id LIMIT ?2) AS oldest WHERE at <= ?1)
            """
        case .formerNames:
            """
            DELETE FROM former_names WHERE (normalised_name, user_id) IN (
                SELECT normalised_name, user_id FROM former_names WHERE given_up_at <= ?1
                ORDER BY given_up_at LIMIT ?2)
            """
        case .clientSecrets:
            """
            DELETE FROM client_secrets WHERE (client_number, created_at) IN (
                SELECT client_number, created_at FROM client_secrets WHERE expires_at <= ?1 LIMIT ?2)
            """
        case .codes:
            """
            DELETE FROM authorization_codes WHERE code_digest IN (
                SELECT code_digest FROM authorization_codes WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """
        case .signIns:
            """
            DELETE FROM sign_ins WHERE id IN (
                SELECT id FROM sign_ins WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """
        }
    }

    // MARK: Rows that are walked over

    func counters(
        after bucket: ThrottleBucket?, limit: Int
    ) throws -> [(bucket: ThrottleBucket, counter: FailureCounter)] {
        try connection.all(
            """
            SELECT kind, bucket, failures, window_start, last_failure FROM login_throttle
            WHERE (kind, bucket) > (?1, ?2) ORDER BY kind, bucket LIMIT ?3
            """, [bucket?.kind.rawValue ?? -1, bucket?.number ?? -1, limit]
        ) { row in
            guard let kind = ThrottleBucket.Kind(rawValue: row[0]) else {
                throw StoreFault.unreadable(ThrottleBucket.self)
            }
            return (
                ThrottleBucket(kind: kind, number: row[1]),
                FailureCounter(failures: row[2], windowStart: row.timestamp(3), lastFailure: row.timestamp(4))
            )
        }
    }

    func remove(_ bucket: ThrottleBucket, _ counter: FailureCounter) throws -> Bool {
        try connection.run(
            "DELETE FROM login_throttle WHERE kind = ? AND bucket = ? AND failures = ? AND last_failure = ?",
            [bucket.kind.rawValue, bucket.number, counter.failures, counter.lastFailure.milliseconds]) == 1
    }

    func networks(after network: KnownNetwork?, limit: Int) throws -> [KnownNetwork] {
        try connection.all(
            """
            SELECT user_id, network, last_success FROM known_networks
            WHERE (user_id, network) > (?1, ?2) ORDER BY user_id, network LIMIT ?3
            """, [network?.user.bytes ?? [], network?.network ?? "", limit]
        ) { row in KnownNetwork(user: try row.userID(0), network: row[1], lastSuccess: row.timestamp(2)) }
    }

    func remove(_ network: KnownNetwork) throws -> Bool {
        try connection.run(
            "DELETE FROM known_networks WHERE user_id = ? AND network = ? AND last_success = ?",
            [network.user.bytes, network.network, network.lastSuccess.milliseconds]) == 1
    }
}
