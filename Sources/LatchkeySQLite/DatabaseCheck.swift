import GRDB
import LatchkeyCore

/// The checks of `latchkey db check`, also run on a backup before it is trusted.
enum DatabaseCheck {
    static func run(_ file: DatabaseFile) throws -> [String] {
        let connection = try file.openReader()
        defer { try? connection.close() }
        do {
            return try connection.read { try problems(in: $0) }
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
