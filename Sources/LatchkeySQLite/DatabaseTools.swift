internal import CSQLite
package import LatchkeyCore
import LatchkeyMigrations
import LatchkeySQL
package import LatchkeyTokens
import Waiting

/// Operations on a database file without opening it as a store; a server may be running on it for the first two.
package struct DatabaseTools: Sendable {
    private let file: DatabaseFile

    package init(path: String) { file = DatabaseFile(path: path) }

    /// The problems, one sentence each; empty when all is well.
    /// - Throws: ``StoreUnavailable`` when the file cannot be read for a reason outside of it.
    package func check() async throws -> [String] {
        let file = file
        return try await OwnThread.run("db-check") { try DatabaseCheck.run(file) }
    }

    /// Clients whose ids were reserved for the server after they had been registered. No damage: they work as before.
    /// - Throws: ``StoreUnavailable`` when the file cannot be read.
    package func reservedClients() async throws -> [ClientID] {
        let file = file
        return try await OwnThread.run("db-check") {
            let database = try file.openReader()
            defer { try? database.close() }
            return try database.tableExists("clients") ? ClientCheck.reserved(database) : []
        }
    }

    /// Writes a consistent, checked and synced copy to a file that does not exist yet.
    /// - Throws: `Refusal(.conflict)` when it exists, ``StoreUnavailable``.
    package func backup(to path: String) async throws {
        let file = file
        try await OwnThread.run("db-backup") { try DatabaseCopy.backUp(file, to: path) }
    }

    /// Reads a backup's header and record of migrations, which takes no time.
    /// - Throws: ``BackupRefused`` if that already shows that it cannot be restored here.
    package func glance(at backup: String) async throws {
        let file = file
        try await OwnThread.run("db-restore") {
            let backup = try BackupFile(backup, beside: file)
            try backup.read { _ = try backup.checkSchema(of: $0) }
        }
    }

    /// Judges a backup as ``stage(_:now:)`` does, in place. Nothing is written.
    /// - Throws: ``BackupRefused`` when it is not a backup at all.
    package static func check(backup path: String) async throws -> BackupFindings {
        try await OwnThread.run("db-check") {
            let backup = try BackupFile(path, beside: nil)
            return try backup.read { database in
                _ = try backup.checkSchema(of: database)
                let problems = try DatabaseCheck.problems(in: database)
                // A damaged file gives no answers.
                let probe = problems.isEmpty ? try DatabaseCheck.masterKeyProbe(in: database) : nil
                return BackupFindings(problems: problems, masterKeyProbe: probe)
            }
        }
    }

    /// Copies a backup into the data directory and judges it there; the database stays as it is. The caller holds the
    /// data directory's lock.
    /// - Throws: ``BackupRefused``, ``StoreUnavailable``; in that case nothing is left behind.
    package func stage(_ backup: String, now: Timestamp) async throws -> StagedBackup {
        let file = file
        return try await OwnThread.run("db-restore") { try StagedBackup.stage(backup, for: file, now: now) }
    }

    /// Puts a staged backup in the database's place. The caller holds the data directory's lock.
    /// - Parameter settlement: what the next start must do.
    /// - Returns: whether there was a database, which is kept as ``replacedPath``.
    /// - Throws: ``StoreUnavailable``; in that case the database is untouched.
    package func restore(
        _ staged: StagedBackup, _ settlement: PendingSettlement, now: Timestamp
    ) async throws -> Bool {
        try await OwnThread.run("db-restore") { try staged.takePlace(settlement, now: now) }
    }

    /// Undoes ``restore(_:_:now:)``.
    /// - Parameter isKept: the value that it returned.
    package func putBack(isKept: Bool) async throws {
        let file = file
        try await OwnThread.run("db-restore") { try file.putBack(isKept: isKept) }
    }

    /// Where ``restore(_:_:now:)`` keeps the database that it replaces, until the next one.
    package var replacedPath: String { file.replacedPath }

    /// Applies the missing migrations. The caller holds the data directory's lock.
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

/// The result of checking a backup.
package struct BackupFindings: Sendable, Equatable {
    /// The problems, one sentence each.
    package let problems: [String]
    /// Shows whether a master key is the one that sealed it; `nil` when nothing was sealed.
    package let masterKeyProbe: [UInt8]?
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
        } catch let error as DatabaseError where error.code == SQLITE_CORRUPT || error.code == SQLITE_NOTADB {
            return ["\(file.path) is damaged, cut short or not an SQLite database (SQLite \(error.extendedCode))"]
        } catch let error as DatabaseError {
            throw Failure.unavailable(error)
        }
    }

    /// Integrity first: on a damaged file the other checks mean nothing.
    static func problems(in database: Database) throws -> [String] {
        let integrity = try database.all("PRAGMA integrity_check(20)") { row -> String in row[0] }
        guard integrity == ["ok"] else { return integrity }
        let migrator = Migrator()
        let applied = try migrator.appliedCount(in: database)
        guard applied > 0 else { return ["it holds no data of Latchkey"] }
        let missing = try migrator.missing(in: database, applied: applied)
        guard missing.isEmpty else { return ["it lacks \(missing.joined(separator: ", "))"] }
        // An older schema is sound in itself; the rules below know only the current one.
        guard applied == migrator.migrations.count else { return [] }
        let orphans = try database.all("PRAGMA foreign_key_check") { row -> String in
            "a row of \(row[0] as String) refers to a row of \(row[2] as String) that does not exist"
        }
        let findings = try rules.compactMap { rule in
            let count = try database.integer(rule.count)
            return count == 0 ? nil : "\(rule.complaint) (\(count))"
        }
        return Array(Set(orphans)).sorted() + findings + (try ClientCheck.unreadable(database))
    }

    /// The value that was sealed with the database's master key, if any.
    static func masterKeyProbe(in database: Database) throws -> [UInt8]? {
        try database.first("SELECT master_key_probe FROM key_state") { row in row.optionalBytes(0) } ?? nil
    }

    private static let rules =
        ImpossibleRows.queries + [
            (
                "SELECT (SELECT count(*) FROM sessions) - sessions FROM session_count",
                "the stored number of sessions is wrong by"
            )
        ]
}
