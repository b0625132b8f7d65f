import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import Logging

/// The operations of the `db` commands on a data directory's database.
struct DatabaseMaintenance: Sendable {
    let settings: EffectiveSettings

    private var path: String { settings.dataDirectory.databasePath }

    /// Applies the missing migrations. The caller holds the lock.
    /// - Returns: the names of those migrations, and what the operator must do about clients, one sentence each.
    func migrate() async throws -> (applied: [String], clashes: [String]) {
        // A new database is created as `serve` creates it, with its master key: without one it could never be opened.
        guard FileManager.default.fileExists(atPath: path) else {
            return ([], try await withProgram { try await $0.services.clients.clashes() })
        }
        let applied = try await DatabaseTools(path: path).migrate(now: .wallClock)
        // Opening everything shows at once whether this master key belongs to it.
        return (applied, try await withProgram { try await $0.services.clients.clashes() })
    }

    /// Integrity, references and rules of the domain: one sentence for each problem. A server may be running.
    func check() async throws -> [String] {
        try await DatabaseTools(path: path).check()
    }

    /// Sound facts that must be changed anyway, one sentence each. A server may be running.
    func clashes() async throws -> [String] {
        try await DatabaseTools(path: path).reservedClients().map(\.clashSentence)
    }

    /// Writes a consistent copy to a file that does not exist yet, mode 0600. A server may be running.
    func backup(to file: String) async throws {
        try await DatabaseTools(path: path).backup(to: file)
    }

    /// Checks the head of a backup before the user is asked or anything is locked.
    /// - Throws: `BackupRefused` when its head says that it cannot be restored.
    func glance(at backup: String) async throws {
        try await DatabaseTools(path: path).glance(at: backup)
    }

    /// Puts a backup in the database's place, revokes every access token, ends all sessions unless told to keep them,
    /// and withdraws the restored signing keys. The caller holds the lock.
    ///
    /// The backup is copied, judged completely and tried with the master key before the database is touched. If a later
    /// step fails, the previous database is put back before this throws.
    /// - Returns: sentences about what may have come back.
    func restore(from file: String, keepSessions: Bool) async throws -> [String] {
        let tools = DatabaseTools(path: path)
        let staged = try await tools.stage(file, now: .wallClock)
        do { try tryMasterKey(on: staged.masterKeyProbe, file) } catch {
            staged.discard()
            throw error
        }
        let isKept = try await tools.restore(
            staged, keepSessions ? .restoredKeepingSessions : .restored, now: .wallClock)
        do {
            // Building the program does what the restored database is marked for. If the process is killed before that,
            // the next start does it.
            let sentences = try await withProgram { try await Self.describe($0, keepSessions: keepSessions) }
            return sentences
                + (isKept
                    ? ["The replaced database is kept as \(tools.replacedPath): delete it when you no longer need it."]
                    : [])
        } catch {
            try await tools.putBack(isKept: isKept)
            throw error
        }
    }

    /// Tries the master key on a checked backup, if there is a key.
    /// - Returns: why it was not tried, as a sentence; `nil` if it was.
    /// - Throws: `BackupRefused` when it is a different key.
    func tryMasterKey(on found: BackupFindings, _ file: String) throws -> String? {
        do {
            try tryMasterKey(on: found.masterKeyProbe, file)
            return nil
        } catch let fault as MasterKeyFault {
            return fault.description
        }
    }

    private func tryMasterKey(on probe: [UInt8]?, _ file: String) throws {
        let (ring, _) = try Compose.masterKey(settings, ProcessInfo.processInfo.environment, mayCreate: { false })
        guard let probe else { return }
        guard ring.opens(probe: probe) else {
            throw BackupRefused(file, "it is sealed with a different master key than the one given")
        }
    }

    /// Lowers the clock's floor to now and withdraws all signing keys. The caller holds the lock.
    /// - Returns: how far the floor was ahead; zero or less when it was not.
    func resetClock() async throws -> Duration {
        let isShared = if case .postgres = settings.database { true } else { false }
        let ahead = try await withProgram { program in
            let now = program.services.clock.now()
            let ahead = try await program.store.revocationState().clockFloor - now
            try await program.store.resetClockFloor(to: now, actor: .operator)
            guard !isShared else { return ahead }
            try await program.services.feed.start(store: program.store)
            try await program.services.finishSettlement()
            return ahead
        }
        // A node that knew the wrong time stops at the earlier one, and so did this program: a new one withdraws the keys.
        if isShared { try await withProgram { _ in } }
        return ahead
    }

    /// The complete program without sockets.
    func withProgram<Result: Sendable>(_ body: (Compose) async throws -> Result) async throws -> Result {
        var logger = Logger(label: "latchkey")
        logger.logLevel = .error
        let program = try await Compose.build(settings: settings, mayMigrate: true, logger: logger)
        do {
            let result = try await body(program)
            await program.shutdown()
            return result
        } catch {
            await program.shutdown()
            throw error
        }
    }

    /// What came back with an earlier state of a database.
    static func describe(_ program: Compose, keepSessions: Bool) async throws -> [String] {
        let statistics = try await program.store.statistics()
        return [
            "It holds \(CountText.string(statistics.users, "user")) and "
                + "\(CountText.string(statistics.clients, "client")).",
            "Every access token issued until now is revoked, and the restored signing keys are withdrawn.",
            keepSessions
                ? "Its sessions are live again, including those that were ended since the backup: check `session list`."
                : "All sessions have ended: every user must sign in again.",
            "Passwords, roles, disabled users and client secrets are as they were at the time of the backup: repeat "
                + "every change, disabling and deletion made since.",
        ]
    }
}
