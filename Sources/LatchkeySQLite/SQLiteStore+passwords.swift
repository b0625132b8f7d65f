package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func setPassword(
        _ id: UserID, hash: String, ifVersion: Int64?, mustChange: Bool, actor: Actor
    ) async throws -> PasswordCredential {
        try await writer.perform { transaction in
            let database = transaction.database
            guard let old = try UserRow.loginRecord(where: "u.id = ?", id.bytes, database) else {
                throw Refusal(.notFound, "There is no such user.")
            }
            if let ifVersion, ifVersion != old.credential.version {
                throw Refusal(.invalidCredentials, "The user name or the password is wrong.")
            }
            let new = PasswordCredential(
                hash: hash, version: old.credential.version + 1, changedAt: transaction.instant)
            try database.run(
                "UPDATE passwords SET hash = ?, version = ?, changed_at = ?, foreign_cost = NULL WHERE user_id = ?",
                [new.hash, new.version, new.changedAt.milliseconds, id.bytes])
            try database.run(
                "UPDATE users SET must_change_password = ? WHERE id = ?", [mustChange, id.bytes])
            _ = try transaction.revoke(RevocationOrder(.user(id), reason: .passwordChange, actor: actor))
            try transaction.tell(.credentialChange, .user(id), actor: actor, reason: .passwordChange)
            try transaction.note(actor == .user(id) ? .passwordChanged : .passwordSet, id, actor)
            return new
        }
    }

    package func rehashPassword(_ id: UserID, hash: String, ifVersion: Int64) async throws {
        try await writer.perform { transaction in
            let changed = try transaction.database.run(
                "UPDATE passwords SET hash = ?, foreign_cost = NULL WHERE user_id = ? AND version = ?",
                [hash, id.bytes, ifVersion])
            if changed == 1 { try transaction.note(.passwordRehashed, id, .system) }
        }
    }

    package func slowestForeignHash() async throws -> Duration? {
        try await readers.read { database in
            try database.first(
                """
                SELECT foreign_cost FROM passwords WHERE foreign_cost IS NOT NULL ORDER BY foreign_cost DESC LIMIT 1
                """
            ) { row in .milliseconds(row[0] as Int64) }
        }
    }
}
