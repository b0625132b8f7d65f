import GRDB
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
        return try await OwnThread.run("latchkey-check") { try DatabaseCheck.run(file) }
    }

    /// Writes a consistent, checked and synced copy to a file that does not exist yet.
    /// - Throws: `Refusal(.conflict)` when it exists, ``StoreUnavailable``.
    package func backup(to path: String) async throws {
        let file = file
        try await OwnThread.run("latchkey-backup") { try DatabaseCopy.backUp(file, to: path) }
    }

    /// Applies what is missing. The caller holds the data directory's lock.
    /// - Returns: the names of the migrations applied, in order.
    /// - Throws: ``MigrationError``.
    package func migrate(now: Timestamp) async throws -> [String] {
        let file = file
        return try await OwnThread.run("latchkey-migrate") {
            try file.inspect { _ = try Migrator().appliedCount(in: $0) }
            try file.prepare()
            let connection = try file.openWriter()
            defer { try? connection.close() }
            return try connection.writeWithoutTransaction { database in
                let migrator = Migrator()
                let before = try migrator.appliedCount(in: database)
                try migrator.run(on: database, applyPending: true, now: now)
                return migrator.migrations[before...].map(\.name)
            }
        }
    }
}
