package import LatchkeyCore
import LatchkeyTokens
import Synchronization

/// Where the walk over the sessions goes on: one full pass may take many calls.
final class SweepPosition: Sendable {
    private let last = Mutex<[UInt8]>([])
    var key: [UInt8] {
        get { last.withLock { $0 } }
        set { last.withLock { $0 = newValue } }
    }
}

extension SQLiteStore {
    /// Ended sessions stay this long, so that a refused refresh can say why.
    static let endedSessionLifetime: Duration = .seconds(86400)
    /// Rows looked at in one read, and deleted in one transaction.
    private static let lookChunk = 2_000
    private static let deleteChunk = 200

    package func sweep(_ policy: SweepPolicy, limit: Int) async throws -> Int {
        let now = expiryClock.now()
        var removed = 0
        // Each to its own limit: what comes in faster than the others must not keep them waiting.
        for step in Self.steps(policy, now) { removed += try await sweep(step, limit: limit) }
        for step in Self.keyedSteps(policy, now) { removed += try await sweep(step, limit: limit) }
        return removed
    }

    // MARK: Sessions

    private struct DeadSession: Sendable {
        let id: [UInt8]
        /// As it was when the row was judged: a session that was refreshed since then lives.
        let rotatedAt: Int64
    }

    /// Goes through the table in key order, since no index covers the columns that rotation writes.
    package func sweepSessions(_ policy: SweepPolicy, limit: Int) async throws -> SessionSweep {
        let now = expiryClock.now()
        let start = sweepPosition.key
        let (dead, end) = try await readers.read { try Self.deadSessions(after: start, policy, now, $0) }
        let chunk = Array(dead.prefix(min(Self.deleteChunk, limit)))
        let removed = chunk.isEmpty ? 0 : try await remove(chunk)
        let isCut = chunk.count < dead.count
        sweepPosition.key = isCut ? chunk.last?.id ?? start : end ?? []
        return SessionSweep(removed: removed, isAtEnd: !isCut && end == nil)
    }

    /// The rows that nobody can use any more, nor revoke with effect: the last access token of a session that expired
    /// lives for up to the token horizon, and consumers with a slow clock accept it for the skew longer.
    /// - Returns: those among the next rows, and the last key looked at; nil at the table's end.
    private static func deadSessions(
        after key: [UInt8], _ policy: SweepPolicy, _ now: Timestamp, _ database: Database
    ) throws -> (dead: [DeadSession], end: [UInt8]?) {
        let rows = try database.all(
            """
            SELECT s.id, s.rotated_at,
                u.id IS NULL OR c.number IS NULL OR s.expires_at <= ?2 - state.token_horizon - state.max_skew
                    OR s.rotated_at <= ?3 - state.token_horizon - state.max_skew
                    OR min(
                        coalesce(s.ended_at, 9223372036854775807),
                        iif(s.created_at <= u.sessions_ended_at, u.sessions_ended_at, 9223372036854775807),
                        iif(s.created_at <= c.sessions_ended_at, c.sessions_ended_at, 9223372036854775807),
                        iif(s.created_at <= state.sessions_ended_at, state.sessions_ended_at, 9223372036854775807)
                    ) <= ?4
            FROM sessions s
            LEFT JOIN users u ON u.id = s.user_id
            LEFT JOIN clients c ON c.number = s.client_number
            JOIN revocation_state state ON state.id = 1
            WHERE s.id > ?1 ORDER BY s.id LIMIT ?5
            """,
            [
                key, now.milliseconds, (now - policy.idleLifetime).milliseconds,
                (now - endedSessionLifetime).milliseconds, lookChunk,
            ]
        ) { row in (session: DeadSession(id: row.bytes(0), rotatedAt: row[1]), isDead: row[2] as Bool) }
        let end = rows.count < lookChunk ? nil : rows.last?.session.id
        return (rows.filter(\.isDead).map(\.session), end)
    }

    private func remove(_ sessions: [DeadSession]) async throws -> Int {
        try await writer.perform { transaction in
            var removed = 0
            for session in sessions {
                removed += try transaction.database.run(
                    "DELETE FROM sessions WHERE id = ? AND rotated_at = ?", [session.id, session.rotatedAt])
            }
            try transaction.database.run("UPDATE session_count SET sessions = sessions - ?", [removed])
            return removed
        }
    }

    // MARK: Everything else

    /// One statement that deletes at most `?2` rows by an instant `?1`, found through an index or at the table's head.
    private struct Step: Sendable {
        let sql: String
        let until: Timestamp
    }

    private static func steps(_ policy: SweepPolicy, _ now: Timestamp) -> [Step] {
        [
            Step(
                sql: """
                    DELETE FROM revocations WHERE seq IN (
                        SELECT seq FROM revocations WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
                    """, until: now),
            // The list itself goes last: its entries are found through it.
            Step(
                sql: """
                    DELETE FROM status_entries WHERE (list_number, place) IN (
                        SELECT e.list_number, e.place
                        FROM status_lists l JOIN status_entries e ON e.list_number = l.number
                        WHERE l.expires_at <= ?1 - (SELECT max_skew FROM revocation_state) LIMIT ?2)
                    """, until: now),
            Step(
                sql: """
                    DELETE FROM status_lists WHERE number IN (
                        SELECT number FROM status_lists l
                        WHERE expires_at <= ?1 - (SELECT max_skew FROM revocation_state)
                            AND NOT EXISTS (SELECT 1 FROM status_entries WHERE list_number = l.number) LIMIT ?2)
                    """, until: now),
            // The oldest rows come first, so a look at the head of the table suffices.
            Step(
                sql: """
                    DELETE FROM audit_events WHERE id IN (
                        SELECT id FROM (SELECT id, at FROM audit_events ORDER BY id LIMIT ?2) WHERE at <= ?1)
                    """, until: now - policy.auditRetention),
            Step(
                sql: """
                    DELETE FROM former_names WHERE (normalised_name, user_id) IN (
                        SELECT normalised_name, user_id FROM former_names WHERE given_up_at <= ?1
                        ORDER BY given_up_at LIMIT ?2)
                    """, until: now - policy.auditRetention),
            Step(
                sql: """
                    DELETE FROM client_secrets WHERE (client_number, created_at) IN (
                        SELECT client_number, created_at FROM client_secrets WHERE expires_at <= ?1 LIMIT ?2)
                    """, until: now),
            // As long as an ended session: until then a second use of a code ends what it made.
            Step(
                sql: """
                    DELETE FROM login_codes WHERE code_digest IN (
                        SELECT code_digest FROM login_codes WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
                    """, until: now - endedSessionLifetime),
        ]
    }

    private func sweep(_ step: Step, limit: Int) async throws -> Int {
        var removed = 0
        while removed < limit {
            let chunk = min(Self.deleteChunk, limit - removed)
            let gone = try await writer.perform { transaction in
                try transaction.database.run(step.sql, [step.until.milliseconds, chunk])
            }
            removed += gone
            if gone < chunk { break }
        }
        return removed
    }

    // MARK: Rows without an index on their instant

    /// Rows that are looked at in the order of a key of two columns, on a reader, and deleted one by one: a statement
    /// that searched them on the writer would hold up all commits.
    private struct KeyedStep: Sendable {
        typealias Key = [any Bindable & Sendable]

        /// Tells of each row after the key `?1`, `?2`, at most `?3` of them, its key and whether it is `old`.
        let look: String
        /// Deletes the row with the key `?1`, `?2` unless somebody has renewed it.
        let delete: String
        /// Before every other.
        let first: Key
        let key: @Sendable (Row) -> Key
        /// `?4` and further, in both.
        let instants: [Int64]

        init(
            _ table: String, _ columns: (String, String), first: Key, old: String, instants: [Timestamp],
            key: @escaping @Sendable (Row) -> Key
        ) {
            let pair = "\(columns.0), \(columns.1)"
            look = "SELECT \(pair), \(old) FROM \(table) WHERE (\(pair)) > (?1, ?2) ORDER BY \(pair) LIMIT ?3"
            delete = "DELETE FROM \(table) WHERE \(columns.0) = ?1 AND \(columns.1) = ?2 AND ?3 AND \(old)"
            self.first = first
            self.key = key
            self.instants = instants.map(\.milliseconds)
        }
    }

    private static func keyedSteps(_ policy: SweepPolicy, _ now: Timestamp) -> [KeyedStep] {
        let account = ThrottleBucket.Kind.account
        let failure = "iif(kind = \(account.rawValue), ?5, ?4)"
        return [
            KeyedStep(
                "login_throttle", ("kind", "bucket"), first: [-1, -1],
                old: "(last_failure <= \(failure) AND window_start <= \(failure))",
                instants: [.pair, account].map {
                    now - ThrottleSchedule.window(of: $0, configured: policy.throttleWindow)
                }
            ) { [$0[0] as Int64, $0[1] as Int64] },
            KeyedStep(
                "known_networks", ("user_id", "network"), first: [[UInt8](), ""], old: "last_success <= ?4",
                instants: [now - Transaction.knownNetworkLifetime]
            ) { [$0.bytes(0), $0[1] as String] },
        ]
    }

    private func sweep(_ step: KeyedStep, limit: Int) async throws -> Int {
        var removed = 0
        var position = step.first
        while removed < limit {
            let start = position
            let rows = try await readers.read { database in
                try database.all(step.look, start + [Self.lookChunk] + step.instants) { row in
                    (key: step.key(row), isOld: row[2] as Bool)
                }
            }
            let old = rows.filter(\.isOld).map(\.key).prefix(limit - removed)
            for chunk in stride(from: 0, to: old.count, by: Self.deleteChunk) {
                let keys = old[chunk..<min(chunk + Self.deleteChunk, old.count)]
                removed += try await writer.perform { transaction in
                    try keys.reduce(0) { removed, key in
                        removed + (try transaction.database.run(step.delete, key + [true] + step.instants))
                    }
                }
            }
            guard rows.count == Self.lookChunk, let last = rows.last else { break }
            position = last.key
        }
        return removed
    }
}
