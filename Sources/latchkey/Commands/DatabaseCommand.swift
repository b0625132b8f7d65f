import ArgumentParser
import Foundation
import Glibc
import LatchkeyCore
import LatchkeySQLite

#if Postgres
    import LatchkeyPostgres
#endif

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "The database.",
        discussion: """
            check and backup work while the server runs. Stop the server for migrate, restore and reset-clock. On PostgreSQL
            check and migrate work beside running nodes, settle wants all nodes stopped, and PostgreSQL's own tools make and
            restore backups.

              latchkey db backup /backup/latchkey-$(date +%F).sqlite
            """,
        subcommands: [
            DatabaseMigrate.self, DatabaseCheck.self, DatabaseBackup.self, DatabaseRestore.self,
            DatabaseCopyCommand.self, DatabaseSettle.self, DatabaseResetClock.self,
        ]
    )

    /// How long a command waits for another command's lock. A server does not release its lock, so a longer wait is
    /// useless.
    static let patience: Duration = .seconds(2)

    /// - Throws: ``CommandFailure`` for a database in PostgreSQL, with what to use there.
    static func requireSQLite(_ settings: EffectiveSettings, _ instead: String) throws(CommandFailure) {
        guard case .postgres = settings.database else { return }
        throw CommandFailure("The database is in PostgreSQL: \(instead)")
    }

    /// The operations on an existing database file.
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
        discussion: """
            On PostgreSQL it works beside running nodes. What the release before cannot work with waits until every node
            has this one; with --contract, the exit code is 1 when something still waits.

              latchkey db migrate --data-dir /var/lib/latchkey
            """
    )

    @Flag(help: "PostgreSQL: fail when a step has to wait for nodes of an earlier release.") var contract = false
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        if case .postgres(let database) = effective.database { return try migrate(effective, database) }
        let (applied, clashes) = try await DatabaseCommand.stopped(effective) {
            try await DatabaseMaintenance(settings: effective).migrate()
        }
        Terminal.line(
            applied.isEmpty
                ? "The schema is up to date." : "Applied \(applied.count): \(applied.joined(separator: ", ")).")
        for clash in clashes { Terminal.note("Warning: \(clash)") }
        Terminal.next("start with \(settings.command("serve")).")
    }

    private func migrate(_ effective: EffectiveSettings, _ database: EffectiveSettings.Postgres) throws {
        #if Postgres
            let outcome = try PostgresMaintenance(effective, database).migrate()
            Terminal.line(
                outcome.applied.isEmpty
                    ? "Nothing was missing that can be applied now."
                    : "Applied \(outcome.applied.count): \(outcome.applied.joined(separator: ", ")).")
            guard let waiting = outcome.waiting else { return }
            let nodes = outcome.missing.joined(separator: ", ")
            let sentence = "\(waiting) waits for nodes of an earlier release: \(nodes)."
            guard !contract else { throw CommandFailure(sentence) }
            Terminal.line(sentence)
            Terminal.next("replace those nodes, then repeat this command.")
        #endif
    }
}

struct DatabaseCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks the database or a backup; the exit code is 1 when something is wrong.",
        discussion: """
            If there is a master key, the check also tries it on the backup: db restore needs the key of that time. On
            PostgreSQL the check also looks at the server's settings, at the schema and at the nodes; give the
            configuration of a node there.

              latchkey db check
              latchkey db check --config /etc/latchkey/latchkey.yaml
              latchkey db check /backup/latchkey.sqlite
            """
    )

    @Argument(help: "A backup to check instead of the database; nothing is written.") var backup: String?
    @OptionGroup var settings: SettingsOptions

    func run() async throws {
        let effective = try await settings.load()
        if case .postgres(let database) = effective.database { return try await check(effective, database) }
        if let backup { return try await check(backup, DatabaseMaintenance(settings: effective)) }
        let maintenance = try DatabaseCommand.existing(effective)
        let problems = try await maintenance.check()
        for problem in problems { Terminal.line(problem) }
        guard problems.isEmpty else {
            throw CommandFailure(
                "The database has problems (\(problems.count)). Unless a line above says what to do, "
                    + "restore a backup with \(settings.command("db restore FILE")).")
        }
        Terminal.line("The database is sound.")
        for clash in try await maintenance.clashes() { Terminal.note("Warning: \(clash)") }
        Terminal.next("keep a copy with \(settings.command("db backup FILE")).")
    }

    private func check(_ effective: EffectiveSettings, _ database: EffectiveSettings.Postgres) async throws {
        guard backup == nil else {
            try DatabaseCommand.requireSQLite(
                effective, "only backups of SQLite can be checked. pg_verifybackup checks one of pg_basebackup.")
            return
        }
        #if Postgres
            let maintenance = PostgresMaintenance(effective, database)
            let found = try await maintenance.check()
            for fact in found.facts { Terminal.line(fact) }
            let nodes = try await maintenance.nodes()
            Terminal.line("\(CountText.string(nodes.filter(\.isLiving).count, "node")) live.")
            for concern in found.concerns { Terminal.line("Warning: \(concern)") }
            for problem in found.problems { Terminal.line(problem) }
            guard found.problems.isEmpty else {
                throw CommandFailure("The database has problems (\(found.problems.count)).")
            }
            Terminal.line("The database is sound.")
            Terminal.next("see the nodes with \(settings.command("nodes")).")
        #endif
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
        try DatabaseCommand.requireSQLite(
            effective,
            "back it up with pg_basebackup and a WAL archive, or with pg_dump. Keep a copy of the master key apart from it."
        )
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
        try DatabaseCommand.requireSQLite(
            effective,
            "stop the nodes, restore it with PostgreSQL's own tools, then say so with "
                + "\(settings.command("db settle --restored")).")
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
        let maintenance: DatabaseMaintenance
        if case .postgres(let database) = effective.database {
            try await requireNoNode(effective, database)
            maintenance = DatabaseMaintenance(settings: effective)
        } else {
            maintenance = try DatabaseCommand.existing(effective)
        }
        try Terminal.confirm("This makes every access token invalid and replaces all signing keys.", yes: yes)
        let ahead = try await DatabaseCommand.stopped(effective) { try await maintenance.resetClock() }
        let gap = DurationText.string(.seconds(ahead.secondsRoundedUp))
        Terminal.line(
            ahead > .zero
                ? "The server had used times up to \(gap) ahead of the clock; they are discarded."
                : "The server had used no time ahead of the clock; its keys were replaced anyway.")
        Terminal.next("start with \(settings.command("serve")); clients refresh their tokens.")
    }

    /// A node that lives would go on with the time that it remembers.
    private func requireNoNode(_ effective: EffectiveSettings, _ database: EffectiveSettings.Postgres) async throws {
        #if Postgres
            try await PostgresMaintenance(effective, database).requireNoNode("Stop them first.")
        #endif
    }
}
