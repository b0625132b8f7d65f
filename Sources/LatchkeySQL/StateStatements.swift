package import LatchkeyCore
import LatchkeyTokens

/// Reads the tables with one row, `revocation_state` and `key_state`.
package struct StateRow: StateLook {
    private let connection: any SQLConnection
    private let dialect: any SQLDialect

    package init(_ connection: any SQLConnection, _ dialect: any SQLDialect) {
        self.connection = connection
        self.dialect = dialect
    }

    /// What ``decode(_:)`` reads, from ``source``.
    /// - Parameter clockFloor: the latest instant that was used, in milliseconds.
    package static func selection(clockFloor: String) -> String {
        """
        epoch, last_seq, \(clockFloor), token_horizon, lower_horizon, lower_horizon_at, max_skew, issued_before,
        sessions_ended_at, key_state.version, settlement
        """
    }
    package static let selectionCount = 11
    package static let source = "revocation_state, key_state"

    package func row() throws -> StoreState {
        guard let state = try connection.first(dialect.selectState, [], Self.decode) else {
            throw StoreFault("revocation_state has no row")
        }
        return state
    }

    package static func decode(_ row: Row) -> StoreState {
        let horizon: Int64? = row[4]
        return StoreState(
            stored: RevocationState(
                epoch: row[0], lastSequence: row[1], clockFloor: row.timestamp(2),
                tokenHorizon: .milliseconds(row[3] as Int64), issuedBefore: row[7],
                sessionsEndedAt: row.optionalTimestamp(8)),
            maxSkew: .milliseconds(row[6] as Int64),
            lowering: horizon.map { (.milliseconds($0), row.timestamp(5)) },
            keyVersion: row[9], settlement: PendingSettlement(rawValue: row[10]))
    }
}

struct StateStatements: StateTable {
    private let ledger: SQLLedger
    private let connection: any SQLConnection
    private let dialect: any SQLDialect

    init(_ ledger: SQLLedger, _ connection: any SQLConnection, _ dialect: any SQLDialect) {
        self.ledger = ledger
        self.connection = connection
        self.dialect = dialect
    }

    func row() throws -> StoreState { try ledger.row() }

    func beginEpoch(_ epoch: String) throws { try change("UPDATE revocation_state SET epoch = ?", [epoch]) }

    func revokeAll(issuedBefore: Int64, sessionsEndedAt: Timestamp?) throws {
        try change(
            "UPDATE revocation_state SET issued_before = ?, sessions_ended_at = ?",
            [issuedBefore, sessionsEndedAt?.milliseconds])
    }

    func setHorizon(
        _ horizon: Duration, lowering: (horizon: Duration, from: Timestamp)?, maxSkew: Duration
    ) throws {
        try change(
            """
            UPDATE revocation_state SET token_horizon = ?, lower_horizon = ?, lower_horizon_at = ?, max_skew = ?
            """,
            [
                horizon.wholeMilliseconds, lowering?.horizon.wholeMilliseconds, lowering?.from.milliseconds,
                maxSkew.wholeMilliseconds,
            ])
    }

    func setSettlement(_ settlement: PendingSettlement?) throws {
        try change("UPDATE revocation_state SET settlement = ?", [settlement?.rawValue ?? "none"])
    }

    func resetClock(to now: Timestamp) throws {
        // A proof of the wrong time would be fresh for long.
        let removed = try connection.run(
            "DELETE FROM sessions WHERE created_at > ?1 OR auth_time > ?1", [now.milliseconds])
        try dialect.countSessions(-removed, connection)
        for statement in Self.clampStatements { try connection.run(statement, [now.milliseconds, now.seconds]) }
        try dialect.resetClock(to: now, connection)
        ledger.forgetState()
        ledger.replaceFloor(now)
    }

    /// `?1` is the new instant in milliseconds, `?2` in seconds.
    private static let clampStatements =
        ["users", "clients", "revocation_state"].map { table in
            """
            UPDATE \(table) SET
                issued_before = CASE WHEN issued_before > ?2 THEN ?2 ELSE issued_before END,
                sessions_ended_at = CASE WHEN sessions_ended_at > ?1 THEN ?1 ELSE sessions_ended_at END
            WHERE issued_before > ?2 OR sessions_ended_at > ?1
            """
        } + [
            "UPDATE revocation_state SET lower_horizon = NULL, lower_horizon_at = NULL WHERE ?1 = ?1 AND ?2 = ?2",
            "DELETE FROM revocations WHERE issued_before > ?2 AND ?1 = ?1",
            """
            UPDATE sessions SET rotated_at = CASE WHEN rotated_at > ?1 THEN ?1 ELSE rotated_at END,
                recovery_window_start = CASE WHEN recovery_window_start > ?1 THEN ?1 ELSE recovery_window_start END
            WHERE (rotated_at > ?1 OR recovery_window_start > ?1) AND ?2 = ?2
            """,
            "DELETE FROM login_throttle WHERE last_failure > ?1 AND ?2 = ?2",
            // Later than every watermark, so no revocation would catch it.
            "DELETE FROM authorization_codes WHERE created_at > ?1 AND ?2 = ?2",
            "DELETE FROM sign_ins WHERE created_at > ?1 AND ?2 = ?2",
            // The generation before would be good for longer than it should.
            "UPDATE browser_sessions SET renewed_at = ?1 WHERE renewed_at > ?1 AND ?2 = ?2",
            "UPDATE consents SET granted_at = ?1 WHERE granted_at > ?1 AND ?2 = ?2",
            // Only a wrong time can have given a replaced secret longer than the longest grace.
            """
            UPDATE client_secrets SET expires_at = ?1
            WHERE expires_at > ?1 + \(ClientService.longestGrace.wholeMilliseconds) AND ?2 = ?2
            """,
            "UPDATE event_streams SET verified_at = ?1 WHERE verified_at > ?1 AND ?2 = ?2",
            "UPDATE known_networks SET last_success = ?1 WHERE last_success > ?1 AND ?2 = ?2",
        ]

    // The same value again: databases write the page anyway.
    func touch() throws { try change("UPDATE revocation_state SET epoch = epoch", []) }

    private func change(_ sql: String, _ arguments: [any Bindable]) throws {
        guard try connection.run(sql, arguments) == 1 else {
            throw StoreFault("revocation_state does not have one row")
        }
        ledger.forgetState()
    }
}
