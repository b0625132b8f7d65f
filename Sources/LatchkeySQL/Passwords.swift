import LatchkeyCore
import LatchkeyTokens

/// Rows of `passwords`. They are read together with their user: see ``Users``.
struct Passwords: PasswordTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func slowestForeignHash() throws -> Duration? {
        try connection.first(
            "SELECT foreign_cost FROM passwords WHERE foreign_cost IS NOT NULL ORDER BY foreign_cost DESC LIMIT 1"
        ) { .milliseconds($0[0] as Int64) }
    }

    func insert(_ hash: String, cost: Duration?, of user: UserID, at instant: Timestamp) throws {
        try connection.write(
            "INSERT INTO passwords (user_id, hash, version, changed_at, foreign_cost) VALUES (?, ?, 1, ?, ?)",
            [user.bytes, hash, instant.milliseconds, cost.map(Self.milliseconds)])
    }

    /// Within the limits of the column, rounded up.
    private static func milliseconds(_ cost: Duration) -> Int64 {
        min(max(1, (cost + .microseconds(999)).wholeMilliseconds), ForeignHashes.longestWait.wholeMilliseconds)
    }

    func replace(_ credential: PasswordCredential, of user: UserID) throws {
        try connection.write(
            "UPDATE passwords SET hash = ?, version = ?, changed_at = ?, foreign_cost = NULL WHERE user_id = ?",
            [credential.hash, credential.version, credential.changedAt.milliseconds, user.bytes])
    }

    func rehash(_ hash: String, of user: UserID, ifVersion version: Int64) throws -> Bool {
        try connection.run(
            "UPDATE passwords SET hash = ?, foreign_cost = NULL WHERE user_id = ? AND version = ?",
            [hash, user.bytes, version]) == 1
    }

    func raiseVersion(of user: UserID) throws {
        try connection.write("UPDATE passwords SET version = version + 1 WHERE user_id = ?", [user.bytes])
    }
}
