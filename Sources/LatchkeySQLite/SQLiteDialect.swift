import LatchkeySQL
import LatchkeyTokens

/// One row counts the sessions, because SQLite would read a whole index to count them, and another holds the last
/// `seq`: with a single writer nothing waits for either.
struct SQLiteDialect: SQLDialect {
    func countSessions(_ change: Int, _ connection: any SQLConnection) throws {
        try connection.run("UPDATE session_count SET sessions = sessions + ?", [change])
    }

    func sessionCount(_ connection: any SQLConnection) throws -> Int64 {
        try connection.integer("SELECT sessions FROM session_count")
    }

    let entryColumn = "seq"

    func drawEntry(_ connection: any SQLConnection) throws -> Int64 {
        try connection.integer("UPDATE revocation_state SET last_seq = last_seq + 1 RETURNING last_seq")
    }

    /// One writer: whatever is issued later reads this revocation.
    func revocationInstant(byTime: Bool, at instant: Timestamp, _ connection: any SQLConnection) -> Timestamp {
        instant
    }

    var selectState: String { Self.selectState }
    private static let selectState =
        "SELECT \(StateRow.selection(clockFloor: "clock_floor")) FROM \(StateRow.source)"

    func resetClock(to now: Timestamp, _ connection: any SQLConnection) throws {
        try connection.run("UPDATE revocation_state SET clock_floor = ?", [now.milliseconds])
    }
}
