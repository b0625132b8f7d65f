import LatchkeyCore
import LatchkeyTokens

/// Rows of `browser_sessions`.
struct BrowserSessions: BrowserSessionTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func find(_ id: SessionID) throws -> BrowserSessionState? {
        try connection.first(
            "SELECT persistent, renewed_at, previous_proofs FROM browser_sessions WHERE session_id = ?", [id.bytes]
        ) { row in
            BrowserSessionState(
                session: id, isPersistent: row[0], renewedAt: row.timestamp(1),
                previousProofs: row.isNull(2) ? nil : try row.proofs(2))
        }
    }

    func put(_ state: BrowserSessionState) throws {
        try connection.write(
            """
            INSERT INTO browser_sessions (session_id, persistent, renewed_at, previous_proofs) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (session_id) DO UPDATE SET persistent = ?2, renewed_at = ?3, previous_proofs = ?4
            """,
            [state.session.bytes, state.isPersistent, state.renewedAt.milliseconds, state.previousProofs?.text])
    }
}
