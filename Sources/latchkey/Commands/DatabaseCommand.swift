import ArgumentParser
import Foundation
import Glibc
import LatchkeyCore
import LatchkeySQLite

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "The database.",
        discussion: """
            check and backup work while the server runs. Stop the server for migrate, restore and reset-clock.

              latchkey db backup /backup/latchkey-$(date +%F).sqlite
            """,
        subcommands: [
            DatabaseMigrate.self, DatabaseCheck.self, DatabaseBackup.self, DatabaseRestore.self,
            DatabaseCopyCommand.self, DatabaseResetClock.self,
        ]
    )

    /// How long a command waits for another command's lock. A server does not release its lock, so a longer wait is
    /// useless.
    static let patience: Duration = .seconds(2)

    /// The operations on an existing database.
    /// - Throws: ``CommandFailure`` when there is none.
    static func existing(_ settings: EffectiveSettings) throws -> DatabaseMaintenance {
        let path = settings.dataDirectory.databasePath
        // The path is a live, NUL-terminated copy for the call.
        guard unsafe access(path, R_OK) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw FileTrouble.failure("read", path, errno) }
            throw CommandFailure("There is no database at \(path): check --data-dir.")
        }
        return DatabaseMaintenance(settings: settings)
    }

    /// Runs `body` while no server and no other command can touch the database.
    static func stopped<Result>(
        _ settings: EffectiveSettings, _ body: () async throws -> Result
    ) async throws -> Result {
        try settings.dataDirectory.create()
        let lock = try await InstanceLock.take(in: settings.dataDirectory, patience: patience)
        let result = try await body()
        withExtendedLifetime(lock) {}
        return result
    }
}

struct DatabaseMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Migrates the schema to this version; `serve` does the same when it starts.",
        discussion: "  latchkey db migrate --data-dir /var/lib/latchkey"
    )

    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let (applied, clashes) = try await DatabaseCommand.stopped(effective) {
            try await DatabaseMaintenance(settings: effective).migrate()
        }
        Terminal.line(
            applied.isEmpty
                ? "The schema is up to date." : "Applied \(applied.count): \(applied.joined(separator: ", ")).")
        for clash in clashes { Terminal.note("Warning: \(clash)") }
        Terminal.next("start with \(settings.command("serve")).")
    }
}

struct DatabaseCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the database file or a backup; the exit code is 1 when something is wrong.",
        discussion: """
            If there is a master key, the check also tries it on the backup: db restore needs the key of that time.

              latchkey db check
              latchkey db check /backup/latchkey.sqlite
            """
    )

    @Argument(help: "A backup to check instead of the database; nothing is written.") var backup: String?
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        if let backup { return try await check(backup, DatabaseMaintenance(settings: effective)) }
        let maintenance = try DatabaseCommand.existing(effective)
        let problems = try await maintenance.check()
        for problem in problems { Terminal.line(problem) }
        guard problems.isEmpty else {
            throw CommandFailure(
                "The database has problems (\(problems.count)): restore a backup with "
                    + "\(settings.command("db restore FILE")).")
        }
        Terminal.line("The database is sound.")
        for clash in try await maintenance.clashes() { Terminal.note("Warning: \(clash)") }
        Terminal.next("keep a copy with \(settings.command("db backup FILE")).")
    }

    private func check(_ backup: String, _ maintenance: DatabaseMaintenance) async throws {
        let found = try await DatabaseTools.check(backup: backup)
        for problem in found.problems { Terminal.line(problem) }
        guard found.problems.isEmpty else {
            throw CommandFailure("The backup \(backup) is damaged (\(found.problems.count)).")
        }
        let untried = try maintenance.tryMasterKey(on: found, backup)
        Terminal.line("The backup is sound.")
        if let untried { Terminal.line("The master key was not tried on it: \(untried)") }
        Terminal.next("restore it with \(settings.command("db restore \(ShellText.quote(backup))")).")
    }
}

struct DatabaseBackup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Writes a consistent copy, even while the server runs.",
        discussion: """
            The database does not contain the master key, and a backup is worthless without it. Keep a copy of
            master.key too, but apart from the backups: both together reveal everything.

              latchkey db backup /backup/latchkey.sqlite
            """
    )

    @Argument(help: "A file that does not exist yet.", completion: .file()) var file: String
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        guard !FileManager.default.fileExists(atPath: file) else {
            throw CommandFailure("\(file) exists already: choose another name. A backup never overwrites a file.")
        }
        try await DatabaseCommand.existing(effective).backup(to: file)
        let size = (try? FileManager.default.attributesOfItem(atPath: file))?[.size] as? Int ?? 0
        Terminal.line("Backed up to \(file) (\(size / 1024) KiB).")
        let key =
            ProcessInfo.processInfo.environment[ConfigurationKey.masterKeyVariable] == nil
            ? effective.masterKeyFile : "the value of \(ConfigurationKey.masterKeyVariable)"
        Terminal.note("The backup does not contain the master key, and cannot be used without it.")
        Terminal.next("keep one copy of \(key) too, apart from the backups.")
    }
}

struct DatabaseRestore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Replaces the database with a backup.",
        discussion: """
            A restore undoes every revocation and change since the backup. Therefore it revokes every access token, ends
            all sessions (unless --keep-sessions) and withdraws the restored signing keys.

              latchkey db restore /backup/latchkey.sqlite
            """
    )

    @Argument(help: "The backup.", completion: .file()) var file: String
    @Flag(help: "Keep the backup's sessions alive.") var keepSessions = false
    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        try await DatabaseMaintenance(settings: effective).glance(at: file)
        try Terminal.confirm(
            "This replaces \(effective.dataDirectory.databasePath) with \(file).", yes: yes)
        let sentences = try await DatabaseCommand.stopped(effective) {
            try await DatabaseMaintenance(settings: effective).restore(from: file, keepSessions: keepSessions)
        }
        Terminal.line("Restored \(file).")
        for sentence in sentences { Terminal.line(sentence) }
        Terminal.next("start with \(settings.command("serve")) and check what came back.")
    }
}

struct DatabaseResetClock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-clock",
        abstract: "Returns to the present time after the machine's clock was wrongly ahead.",
        discussion: """
            The server never goes back behind a time that it has used in a token. After the clock was ahead and is right
            again, the server therefore must wait. This command discards the future time. Tokens with a future time
            would become valid later, so it withdraws all signing keys.

              latchkey db reset-clock
            """
    )

    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        let maintenance = try DatabaseCommand.existing(effective)
        try Terminal.confirm("This makes every access token invalid and replaces all signing keys.", yes: yes)
        let ahead = try await DatabaseCommand.stopped(effective) { try await maintenance.resetClock() }
        let gap = DurationText.string(.seconds(ahead.secondsRoundedUp))
        Terminal.line(
            ahead > .zero
                ? "The server had used times up to \(gap) ahead of the clock; they are discarded."
                : "The server had used no time ahead of the clock; its keys were replaced anyway.")
        Terminal.next("start with \(settings.command("serve")); clients refresh their tokens.")
    }
}
