import LatchkeyCore
import LatchkeyMigrations
package import LatchkeyTokens

/// What can be done to a database file without opening it as a store; a server may be working on it for the first two.
package struct DatabaseTools: Sendable {
    private let file: DatabaseFile

    package init(path: String) { file = DatabaseFile(path: path) }

    /// What is wrong, one sentence each; empty when all is well.
    /// - Throws: ``StoreUnavailable`` when the file cannot be read at all.
    package func check() async throws -> [String] {
        let file = file
        return try await OwnThread.run("db-check") { try DatabaseCheck.run(file) }
    }

    /// Writes a consistent, checked and synced copy to a file that does not exist yet.
    /// - Throws: `Refusal(.conflict)` when it exists, ``StoreUnavailable``.
    package func backup(to path: String) async throws {
        let file = file
        try await OwnThread.run("db-backup") { try DatabaseCopy.backUp(file, to: path) }
    }

    /// Applies what is missing. The caller holds the data directory's lock.
    /// - Returns: the names of the migrations applied, in order.
    /// - Throws: ``MigrationError``.
    package func migrate(now: Timestamp) async throws -> [String] {
        let file = file
        return try await OwnThread.run("db-migrate") {
            try file.inspect { _ = try Migrator().appliedCount(in: $0) }
            try file.prepare()
            let database = try file.openWriter()
            defer { try? database.close() }
            let migrator = Migrator()
            let before = try migrator.appliedCount(in: database)
            try migrator.run(on: database, applyPending: true, now: now)
            return migrator.migrations[before...].map(\.name)
        }
    }
}

/// The checks of `latchkey db check`, also run on a backup before it is trusted.
enum DatabaseCheck {
    static func run(_ file: DatabaseFile) throws -> [String] {
        do {
            let database = try file.openReader()
            defer { try? database.close() }
            return try database.transaction("BEGIN") { try problems(in: database) }
        } catch let error as MigrationError {
            return [error.description]
        } catch let error as DatabaseError {
            throw Failure.unavailable(error)
        }
    }

    /// Integrity first: on a damaged file the other questions mean nothing.
    static func problems(in database: Database) throws -> [String] {
        let integrity = try database.all("PRAGMA integrity_check(20)") { row -> String in row[0] }
        guard integrity == ["ok"] else { return integrity }
        let migrator = Migrator()
        // An older schema is sound in itself; the rules below know only the current one.
        guard try migrator.appliedCount(in: database) == migrator.migrations.count else { return [] }
        let orphans = try database.all("PRAGMA foreign_key_check") { row -> String in
            "a row of \(row[0] as String) refers to a row of \(row[2] as String) that does not exist"
        }
        let findings = try rules.compactMap { rule in
            let count = try database.integer(rule.count)
            return count == 0 ? nil : "\(rule.complaint) (\(count))"
        }
        return Array(Set(orphans)).sorted() + findings
    }

    /// A query that counts what must not be, and what it means.
    private static let rules: [(count: String, complaint: String)] = [
        (
            "SELECT count(*) FROM revocations, revocation_state WHERE seq > last_seq",
            "the revocation log has entries beyond its last sequence number"
        ),
        (
            "SELECT 1 - count(*) FROM revocation_state", "revocation_state does not have one row"
        ),
        ("SELECT 1 - count(*) FROM key_state", "key_state does not have one row"),
        (
            "SELECT count(*) FROM sessions WHERE held_generation >= current_generation OR rotated_at < created_at",
            "sessions have a lineage that cannot be"
        ),
        (
            "SELECT (SELECT count(*) FROM sessions) - sessions FROM session_count",
            "the stored number of sessions is wrong by"
        ),
        (
            "SELECT count(*) FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE p.user_id IS NULL",
            "users have no password row"
        ),
        (
            """
            SELECT count(*) FROM revocations, revocation_state
            WHERE kind = 'all' AND (revocation_state.issued_before IS NULL
                OR revocations.issued_before > revocation_state.issued_before)
            """, "the revocation log is ahead of the watermark of everybody"
        ),
    ]
}
