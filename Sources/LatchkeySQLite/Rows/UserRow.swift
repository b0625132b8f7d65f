import GRDB
import LatchkeyCore
import LatchkeyTokens

/// Reads and writes rows of `users` and `passwords`.
enum UserRow {
    /// The columns in the order in which ``decode(_:from:)`` reads them; the table's alias is `u`.
    static let columns = """
        u.id, u.name, u.normalised_name, u.roles, u.disabled, u.must_change_password, u.created_at, u.issued_before,
        u.sessions_ended_at
        """
    static let columnCount = 9

    static func decode(_ row: Row, from start: Int = 0) throws -> User {
        guard let id = UserID(bytes: row.bytes(start)) else { throw StoreFault.unreadable(UserID.self) }
        return User(
            id: id, name: row[start + 1], normalisedName: row[start + 2], roles: TextList.decode(row[start + 3]),
            disabled: row[start + 4], mustChangePassword: row[start + 5], createdAt: row.timestamp(start + 6),
            issuedBefore: row[start + 7], sessionsEndedAt: row.optionalTimestamp(start + 8))
    }

    static func find(_ id: UserID, _ database: Database) throws -> User? {
        try database.first("SELECT \(columns) FROM users u WHERE u.id = ?", [id.bytes.blob]) { try decode($0) }
    }

    static func find(normalisedName: String, _ database: Database) throws -> User? {
        try database.first("SELECT \(columns) FROM users u WHERE u.normalised_name = ?", [normalisedName]) {
            try decode($0)
        }
    }

    /// The user and the credential, by a condition with one argument.
    static func loginRecord(
        where condition: String, _ argument: some DatabaseValueConvertible, _ database: Database
    ) throws -> LoginRecord? {
        try database.first(
            """
            SELECT \(columns), p.hash, p.version, p.changed_at
            FROM users u JOIN passwords p ON p.user_id = u.id WHERE \(condition)
            """, [argument]
        ) { row in
            LoginRecord(
                user: try decode(row),
                credential: PasswordCredential(
                    hash: row[columnCount], version: row[columnCount + 1], changedAt: row.timestamp(columnCount + 2)))
        }
    }

    /// False when the normalised name is taken; nothing was written then.
    static func insert(_ user: User, passwordHash: String, at instant: Timestamp, _ database: Database) throws -> Bool {
        let inserted = try database.run(
            """
            INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (normalised_name) DO NOTHING
            """,
            [
                user.id.bytes.blob, user.name, user.normalisedName, try TextList.encode(user.roles), user.disabled,
                user.mustChangePassword, user.createdAt.milliseconds,
            ])
        guard inserted == 1 else { return false }
        try database.run(
            "INSERT INTO passwords (user_id, hash, version, changed_at) VALUES (?, ?, 1, ?)",
            [user.id.bytes.blob, passwordHash, instant.milliseconds])
        return true
    }
}
