import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import Logging

/// What the `db` commands do to a data directory's database.
struct DatabaseMaintenance: Sendable {
    let settings: EffectiveSettings

    private var path: String { settings.dataDirectory.databasePath }

    /// Where ``restore(from:keepSessions:)`` keeps the database that it replaces, until the next one.
    private var replacedPath: String { path + ".replaced" }

    /// Applies what is missing and returns the names of those migrations. The caller holds the lock.
    func migrate() async throws -> [String] {
        let applied = try await DatabaseTools(path: path).migrate(now: .wallClock)
        // Opening it all shows at once whether this master key belongs to it, and makes one for a new database.
        try await withProgram { _ in }
        return applied
    }

    /// Integrity, references and rules of the domain: one sentence for each problem. A server may run.
    func check() async throws -> [String] {
        try await DatabaseTools(path: path).check()
    }

    /// Writes a consistent copy to a file that does not exist yet, mode 0600. A server may run.
    func backup(to file: String) async throws {
        try await DatabaseTools(path: path).backup(to: file)
    }

    /// Puts a backup in the database's place, revokes every access token, ends all sessions unless told to keep them,
    /// and withdraws the restored signing keys. The caller holds the lock.
    ///
    /// Whether this master key opens a backup shows only when it is in place. If it does not, the database that was
    /// there is put back before this throws.
    /// - Returns: sentences about what may have come back.
    func restore(from file: String, keepSessions: Bool) async throws -> [String] {
        let isKept = try await keepReplaced(unless: file)
        let place = SQLiteStore.Settings(path: path)
        try SQLiteStore.restoreFile(
            from: file, settings: place, settlement: keepSessions ? .restoredKeepingSessions : .restored,
            now: .wallClock)
        let sentences: [String]
        do {
            // Building it settles what the restored database is marked with. Killed before that, the next start does.
            sentences = try await withProgram { try await describe($0, keepSessions: keepSessions) }
        } catch {
            if isKept {
                try SQLiteStore.restoreFile(from: replacedPath, settings: place, settlement: nil, now: .wallClock)
            }
            throw error
        }
        return sentences + (isKept ? ["The replaced database is kept as \(replacedPath): delete it in time."] : [])
    }

    /// Lowers the clock's floor to now and withdraws all signing keys. The caller holds the lock.
    /// - Returns: how far the floor was ahead; zero or less when it was not.
    func resetClock() async throws -> Duration {
        try await withProgram { program in
            let now = program.services.clock.now()
            let ahead = try await program.store.revocationState().clockFloor - now
            try await program.store.resetClockFloor(to: now, actor: .operator)
            try await program.services.feed.start(store: program.store)
            try await program.services.finishSettlement()
            return ahead
        }
    }

    /// The whole program without sockets.
    private func withProgram<Result: Sendable>(_ body: (Compose) async throws -> Result) async throws -> Result {
        var logger = Logger(label: "latchkey")
        logger.logLevel = .error
        let program = try await Compose.build(settings: settings, schema: .migrate, logger: logger)
        do {
            let result = try await body(program)
            await program.shutdown()
            return result
        } catch {
            await program.shutdown()
            throw error
        }
    }

    /// False when there is nothing to keep, or it is too damaged to be copied: restoring is what one does then.
    private func keepReplaced(unless file: String) async throws -> Bool {
        let manager = FileManager.default
        guard URL(filePath: file).resolvingSymlinksInPath() != URL(filePath: replacedPath).resolvingSymlinksInPath()
        else { throw CommandFailure("Copy \(file) to another name first: this command would overwrite it.") }
        guard manager.fileExists(atPath: path) else { return false }
        try? manager.removeItem(atPath: replacedPath)
        do {
            try await backup(to: replacedPath)
            return true
        } catch {
            return false
        }
    }

    private func describe(_ program: Compose, keepSessions: Bool) async throws -> [String] {
        let statistics = try await program.store.statistics()
        return [
            "It holds \(statistics.users) users and \(statistics.clients) clients.",
            "Every access token issued until now is revoked, and the restored signing keys are withdrawn.",
            keepSessions
                ? "Its sessions live on, also those that had been ended since: look through `session list`."
                : "All sessions have ended: everybody signs in again.",
            "Passwords, roles, disabled users and client secrets are as they were at the time of the backup: repeat "
                + "what was changed, disabled or deleted since.",
        ]
    }
}
