import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeySQLite

#if Postgres
    import LatchkeyPostgres
#endif

struct DatabaseCopyCommand: AsyncParsableCommand {
    /// The databases that data can be moved to.
    enum Target: String, CaseIterable, ExpressibleByArgument { case postgres, sqlite }

    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Moves all data from SQLite to PostgreSQL, or back.",
        discussion: """
            Give the configuration of a node, with `store: postgres`; the SQLite file is the one of its data directory.
            Stop every server first. The target must be empty. Everything is copied and compared: users, sessions, keys,
            revocations, the audit trail. Earlier tokens stay valid, and the revocation list goes on with its numbers.
            The source is kept, but marked as moved: no server opens it any more.

            --undo takes that back, as long as no server and no command has opened the target. After that go back with
            --to sqlite, and move the old SQLite file out of the data directory first.

              latchkey db copy --to postgres --config /etc/latchkey/latchkey.yaml
              latchkey db copy --undo --config /etc/latchkey/latchkey.yaml
              latchkey db copy --to sqlite --config /etc/latchkey/latchkey.yaml
            """
    )

    @Option(help: "Where to.") var to: Target?
    @Flag(help: "Take the last move back.") var undo = false
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard (to == nil) == undo else { throw ValidationError("Give either --to postgres, --to sqlite or --undo.") }
    }

    func run() async throws {
        let effective = try await settings.load()
        guard case .postgres(let database) = effective.database else {
            throw CommandFailure(
                "Give the configuration that the nodes will have, with `store: postgres` and `postgres.url`: "
                    + "the SQLite file is that of its data directory.")
        }
        #if Postgres
            try await move(effective, database)
        #else
            throw CommandFailure("\(database): this program was built without PostgreSQL.")
        #endif
    }
}

#if Postgres
    extension DatabaseCopyCommand {
        private func move(_ effective: EffectiveSettings, _ database: EffectiveSettings.Postgres) async throws {
            let path = effective.dataDirectory.databasePath
            if to == .postgres, !FileManager.default.fileExists(atPath: path) {
                throw CommandFailure("There is no database at \(path): check --data-dir.")
            }
            let environment = ProcessInfo.processInfo.environment
            let (ring, keyFile) = try Compose.masterKey(effective, environment, mayCreate: { false })
            let move = DatabaseMove(
                path: path, address: PostgresAddress(url: database.url, passwordFile: database.passwordFile),
                opens: { ring.opens(probe: $0) })
            guard let to else {
                Terminal.line(
                    try await DatabaseCommand.stopped(effective) { try await move.undo() })
                return
            }
            let counts = try await DatabaseCommand.stopped(effective) {
                switch to {
                case .postgres: try await move.toPostgres()
                case .sqlite: try await move.toSQLite()
                }
            }
            var table = TextTable("TABLE", "ROWS")
            for count in counts where count.rows > 0 { table.add(count.table, "\(count.rows)") }
            for line in table.lines { Terminal.line(line) }
            Terminal.line("Everything was copied and compared.")
            switch to {
            case .postgres:
                Terminal.line("\(path) is marked as moved. \(settings.command("db copy --undo")) takes the move back.")
                let key = keyFile?.path ?? "the value of \(ConfigurationKey.masterKeyVariable)"
                Terminal.next("give \(key) to every node, and start the first one with \(settings.command("serve")).")
            case .sqlite:
                Terminal.line("The database in PostgreSQL is marked as moved, and is kept.")
                Terminal.next("set `store: sqlite` in the configuration, and start with \(settings.command("serve")).")
            }
        }
    }
#endif
