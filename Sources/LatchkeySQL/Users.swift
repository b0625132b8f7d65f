package import LatchkeyCore
package import LatchkeyTokens

/// Rows of `users`, and of `former_names`.
package struct Users: UserTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    /// The columns in the order in which ``decode(_:from:)`` reads them; the table's alias is `u`.
    package static let columns = """
        u.id, u.name, u.normalised_name, u.roles, u.disabled, u.must_change_password, u.created_at, u.issued_before,
        u.sessions_ended_at
        """
    package static let columnCount = 9

    package static func decode(_ row: Row, from start: Int = 0) throws -> User {
        User(
            id: try row.userID(start), name: row[start + 1], normalisedName: row[start + 2],
            roles: TextList.decode(row[start + 3]), disabled: row[start + 4], mustChangePassword: row[start + 5],
            createdAt: row.timestamp(start + 6), issuedBefore: row[start + 7],
            sessionsEndedAt: row.optionalTimestamp(start + 8))
    }

    private static let select = "SELECT \(columns) FROM users u"
    private static let selectWithPassword = """
        SELECT \(columns), p.hash, p.version, p.changed_at FROM users u JOIN passwords p ON p.user_id = u.id
        """

    // MARK: Looks

    package func find(_ id: UserID) throws -> User? {
        try connection.first("\(Self.select) WHERE u.id = ?", [id.bytes]) { try Self.decode($0) }
    }

    package func find(normalisedName: String) throws -> User? {
        try connection.first("\(Self.select) WHERE u.normalised_name = ?", [normalisedName]) { try Self.decode($0) }
    }

    package func loginRecord(of id: UserID) throws -> LoginRecord? {
        try connection.first("\(Self.selectWithPassword) WHERE u.id = ?", [id.bytes], Self.decodeWithPassword)
    }

    package func loginRecord(normalisedName: String) throws -> LoginRecord? {
        try connection.first(
            "\(Self.selectWithPassword) WHERE u.normalised_name = ?", [normalisedName], Self.decodeWithPassword)
    }

    private static func decodeWithPassword(_ row: Row) throws -> LoginRecord {
        LoginRecord(
            user: try decode(row),
            credential: PasswordCredential(
                hash: row[columnCount], version: row[columnCount + 1], changedAt: row.timestamp(columnCount + 2)))
    }

    package func everNamed(_ normalisedName: String, limit: Int) throws -> [UserID] {
        try connection.all(
            """
            SELECT id, 9223372036854775807 AS until FROM users WHERE normalised_name = ?1
            UNION SELECT user_id, given_up_at FROM former_names WHERE normalised_name = ?1
            ORDER BY until DESC LIMIT ?2
            """, [normalisedName, limit]
        ) { try $0.userID(0) }
    }

    package func page(before: UserID?, limit: Int) throws -> [User] {
        guard let before else {
            return try connection.all("\(Self.select) ORDER BY u.id DESC LIMIT ?", [limit]) { try Self.decode($0) }
        }
        return try connection.all("\(Self.select) WHERE u.id < ? ORDER BY u.id DESC LIMIT ?", [before.bytes, limit]) {
            try Self.decode($0)
        }
    }

    package func page(after: UserID?, limit: Int) throws -> [User] {
        try connection.all("\(Self.select) WHERE u.id > ? ORDER BY u.id LIMIT ?", [after?.bytes ?? [], limit]) {
            try Self.decode($0)
        }
    }

    // MARK: Writes

    package func insert(_ user: User) throws -> Bool {
        try connection.run(
            """
            INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (normalised_name) DO NOTHING
            """,
            [
                user.id.bytes, user.name, user.normalisedName, try TextList.encode(user.roles), user.disabled,
                user.mustChangePassword, user.createdAt.milliseconds,
            ]) == 1
    }

    package func update(_ user: User) throws {
        try connection.write(
            "UPDATE users SET name = ?, normalised_name = ?, roles = ?, must_change_password = ? WHERE id = ?",
            [
                user.name, user.normalisedName, try TextList.encode(user.roles), user.mustChangePassword,
                user.id.bytes,
            ])
    }

    package func setDisabled(_ id: UserID, _ disabled: Bool) throws {
        try connection.write("UPDATE users SET disabled = ? WHERE id = ?", [disabled, id.bytes])
    }

    package func setWatermark(_ id: UserID, at instant: Timestamp) throws {
        try connection.write(
            "UPDATE users SET issued_before = ?, sessions_ended_at = ? WHERE id = ?",
            [instant.seconds, instant.milliseconds, id.bytes])
    }

    package func delete(_ id: UserID) throws { try connection.run("DELETE FROM users WHERE id = ?", [id.bytes]) }

    package func keepName(of user: User, at instant: Timestamp) throws {
        try connection.write(
            """
            INSERT INTO former_names (normalised_name, user_id, given_up_at) VALUES (?, ?, ?)
            ON CONFLICT (normalised_name, user_id) DO UPDATE SET given_up_at = excluded.given_up_at
            """, [user.normalisedName, user.id.bytes, instant.milliseconds])
    }
}
