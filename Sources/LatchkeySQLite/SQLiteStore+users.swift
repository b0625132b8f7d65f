package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func createUser(_ user: User, passwordHash: String, event: AuditEvent) async throws {
        try await writer.perform { transaction in
            guard try UserRow.insert(user, passwordHash: passwordHash, at: transaction.instant, transaction.database)
            else { throw Refusal(.conflict, "A user of this name exists already; choose another name.") }
            try AuditRow.append(event, transaction.database)
        }
    }

    package func importUsers(_ users: [UserImport], event: AuditEvent?) async throws -> [UserImportOutcome] {
        var outcomes: [UserImportOutcome] = []
        // Chunks of a few milliseconds: sign-ins go on between them.
        for start in stride(from: 0, to: users.count, by: Self.importChunk) {
            let chunk = Array(users[start..<min(start + Self.importChunk, users.count)])
            let isLast = start + Self.importChunk >= users.count
            outcomes += try await writer.perform { transaction in
                let outcomes = try chunk.map { item in
                    let inserted = try UserRow.insert(
                        item.user, passwordHash: item.passwordHash, cost: item.cost, at: transaction.instant,
                        transaction.database)
                    return inserted ? UserImportOutcome.imported : .alreadyExists
                }
                if isLast, let event { try AuditRow.append(event, transaction.database) }
                return outcomes
            }
        }
        return outcomes
    }

    /// Users written in one transaction of an import.
    static let importChunk = 200

    package func updateUser(_ id: UserID, _ change: UserChange, actor: Actor) async throws -> User {
        try await writer.perform { try $0.update(id, change, actor) }
    }

    package func setUserDisabled(_ id: UserID, _ disabled: Bool, actor: Actor) async throws -> User {
        try await writer.perform { transaction in
            let user = try transaction.existing(id)
            guard user.disabled != disabled else { return user }
            try transaction.database.run("UPDATE users SET disabled = ? WHERE id = ?", [disabled, id.bytes])
            if disabled {
                try transaction.database.run(
                    "UPDATE passwords SET version = version + 1 WHERE user_id = ?", [id.bytes])
                _ = try transaction.revoke(RevocationOrder(.user(id), reason: .userDisabled, actor: actor))
            }
            try transaction.tell(
                disabled ? .accountDisabled : .accountEnabled, .user(id), actor: actor,
                reason: disabled ? .userDisabled : nil)
            try transaction.note(disabled ? .userDisabled : .userEnabled, id, actor)
            return try transaction.existing(id)
        }
    }

    package func deleteUser(_ id: UserID, _ own: OwnDeletion?, actor: Actor) async throws {
        try await writer.perform { transaction in
            if let own { try transaction.check(own, of: id) }
            let user = try transaction.existing(id)
            _ = try transaction.revoke(RevocationOrder(.user(id), reason: .userDeleted, actor: actor))
            // Before the row goes, which has the name.
            try transaction.note(.userDeleted, id, actor)
            try transaction.keepName(of: user)
            // Password and known networks go along; sessions read as absent from now on and leave with the sweep.
            try transaction.database.run("DELETE FROM users WHERE id = ?", [id.bytes])
            try transaction.tell(.accountPurged, .user(id), actor: actor, reason: .userDeleted)
        }
    }

    package func loginRecord(user: UserID) async throws -> LoginRecord? {
        try await readers.read { try UserRow.loginRecord(where: "u.id = ?", user.bytes, $0) }
    }

    package func user(_ reference: UserReference) async throws -> User? {
        try await readers.read { database in
            switch reference {
            case .id(let id): try UserRow.find(id, database)
            case .name(let name): try UserRow.find(normalisedName: name, database)
            }
        }
    }

    package func users(everNamed normalisedName: String) async throws -> [UserID] {
        try await readers.read { database in
            try database.all(
                """
                SELECT id, 9223372036854775807 AS until FROM users WHERE normalised_name = ?1
                UNION SELECT user_id, given_up_at FROM former_names WHERE normalised_name = ?1
                ORDER BY until DESC LIMIT 100
                """, [normalisedName]
            ) { row -> UserID in
                guard let id = UserID(bytes: row.bytes(0)) else { throw StoreFault.unreadable(UserID.self) }
                return id
            }
        }
    }

    package func users(page: PageRequest) async throws -> Page<User> {
        let before = try PageCursor.bytes(page, length: 16) ?? [UInt8](repeating: 0xFF, count: 17)
        let rows = try await readers.read { database in
            try database.all(
                "SELECT \(UserRow.columns) FROM users u WHERE u.id < ? ORDER BY u.id DESC LIMIT ?",
                [before, page.limit + 1]
            ) { try UserRow.decode($0) }
        }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.id.bytes) }
    }
}

extension Transaction {
    /// - Throws: `Refusal(.notFound)`.
    func existing(_ id: UserID) throws -> User {
        guard let user = try UserRow.find(id, database) else {
            throw Refusal(.notFound, "There is no such user.")
        }
        return user
    }

    /// Lets the audit trail be asked by a name that nobody has any more.
    fileprivate func keepName(of user: User) throws {
        try database.run(
            """
            INSERT INTO former_names (normalised_name, user_id, given_up_at) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET given_up_at = excluded.given_up_at
            """, [user.normalisedName, user.id.bytes, instant.milliseconds])
    }

    func note(_ kind: AuditEvent.Kind, _ user: UserID, _ actor: Actor, details: [String: String] = [:]) throws {
        try AuditRow.append(AuditEvent(kind, at: instant, actor: actor, user: user, details: details), database)
    }

    fileprivate func update(_ id: UserID, _ change: UserChange, _ actor: Actor) throws -> User {
        let old = try existing(id)
        if let name = change.normalisedName, name != old.normalisedName,
            try UserRow.find(normalisedName: name, database) != nil
        {
            throw Refusal(.conflict, "A user of this name exists already; choose another name.")
        }
        if let name = change.normalisedName, name != old.normalisedName { try keepName(of: old) }
        try database.run(
            "UPDATE users SET name = ?, normalised_name = ?, roles = ?, must_change_password = ? WHERE id = ?",
            [
                change.name ?? old.name, change.normalisedName ?? old.normalisedName,
                try TextList.encode(change.roles ?? old.roles), change.mustChangePassword ?? old.mustChangePassword,
                id.bytes,
            ])
        let changed = [
            change.name == nil ? nil : "name", change.roles == nil ? nil : "roles",
            change.mustChangePassword == nil ? nil : "must_change_password",
        ].compactMap(\.self).joined(separator: " ")
        try note(.userUpdated, id, actor, details: ["changed": changed])
        if change.mustChangePassword == true, !old.mustChangePassword {
            // A login that is under way has seen an account that may sign in; it loses.
            try database.run("UPDATE passwords SET version = version + 1 WHERE user_id = ?", [id.bytes])
            _ = try revoke(RevocationOrder(.user(id), reason: .passwordChange, actor: actor))
        }
        if let roles = change.roles, old.roles.contains("admin"), !roles.contains("admin") {
            _ = try revoke(RevocationOrder(.user(id), reason: .roleLost, actor: actor))
        }
        return try existing(id)
    }
}

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
        try database.first("SELECT \(columns) FROM users u WHERE u.id = ?", [id.bytes]) { try decode($0) }
    }

    static func find(normalisedName: String, _ database: Database) throws -> User? {
        try database.first("SELECT \(columns) FROM users u WHERE u.normalised_name = ?", [normalisedName]) {
            try decode($0)
        }
    }

    /// The user and the credential, by a condition with one argument.
    static func loginRecord(
        where condition: String, _ argument: any Bindable, _ database: Database
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
    static func insert(
        _ user: User, passwordHash: String, cost: Duration? = nil, at instant: Timestamp, _ database: Database
    ) throws -> Bool {
        let inserted = try database.run(
            """
            INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (normalised_name) DO NOTHING
            """,
            [
                user.id.bytes, user.name, user.normalisedName, try TextList.encode(user.roles), user.disabled,
                user.mustChangePassword, user.createdAt.milliseconds,
            ])
        guard inserted == 1 else { return false }
        try database.run(
            "INSERT INTO passwords (user_id, hash, version, changed_at, foreign_cost) VALUES (?, ?, 1, ?, ?)",
            [user.id.bytes, passwordHash, instant.milliseconds, cost.map(Self.milliseconds)])
        return true
    }

    /// In the bounds of the column, rounded up.
    private static func milliseconds(_ cost: Duration) -> Int64 {
        min(max(1, (cost + .microseconds(999)).wholeMilliseconds), ForeignHashes.longestWait.wholeMilliseconds)
    }
}
