package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    /// `db reset-clock`: lowers the clock floor to `now` and takes back what the wrong time wrote. The server is
    /// stopped. The same transaction leaves the mark that makes this or the next start withdraw all signing keys, since
    /// tokens of the wrong time become valid later.
    ///
    /// Sessions begun in the future end (no watermark could be compared with them). Watermarks and entries for tokens
    /// issued in the future go, as they would match every token from now on.
    package func resetClockFloor(to now: Timestamp, actor: Actor) async throws {
        try await writer.perform { transaction in
            let database = transaction.database
            let removed = try database.run("DELETE FROM sessions WHERE created_at > ?", [now.milliseconds])
            try database.run("UPDATE session_count SET sessions = sessions - ?", [removed])
            for statement in Self.clampStatements {
                try database.run(statement, [now.milliseconds, now.seconds])
            }
            try database.run(
                "UPDATE revocation_state SET settlement = ? WHERE settlement = 'none'",
                [PendingSettlement.clockReset.rawValue])
            transaction.forgetState()
            try AuditRow.append(AuditEvent(.storeClockReset, at: now, actor: actor), database)
            // Last, for it is not undone with the rest when something fails.
            transaction.replaceFloor(now)
        }
    }

    /// `?1` is the new instant in milliseconds, `?2` in seconds.
    private static let clampStatements =
        ["users", "clients", "revocation_state"].map { table in
            """
            UPDATE \(table) SET issued_before = min(issued_before, ?2), sessions_ended_at = min(sessions_ended_at, ?1)
            WHERE issued_before > ?2 OR sessions_ended_at > ?1
            """
        } + [
            "UPDATE revocation_state SET clock_floor = ?1, lower_horizon = NULL, lower_horizon_at = NULL WHERE ?2 = ?2",
            "DELETE FROM revocations WHERE issued_before > ?2 AND ?1 = ?1",
            """
            UPDATE sessions SET rotated_at = min(rotated_at, ?1),
                recovery_window_start = min(recovery_window_start, ?1)
            WHERE (rotated_at > ?1 OR recovery_window_start > ?1) AND ?2 = ?2
            """,
            "DELETE FROM login_throttle WHERE last_failure > ?1 AND ?2 = ?2",
            "UPDATE known_networks SET last_success = ?1 WHERE last_success > ?1 AND ?2 = ?2",
        ]
}
