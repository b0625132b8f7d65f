import ArgumentParser
import LatchkeyCore

#if Postgres
    import LatchkeyPostgres
#endif

struct DatabaseSettle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle",
        abstract: "Says what a PostgreSQL database is that was restored or moved, so that nodes serve it.",
        discussion: """
            Nodes refuse a database that is at an earlier state than they knew, or on another server. Nobody but you knows
            whether something was lost. Use it after every restore, even where nodes start by themselves. Stop all nodes
            before.

            --restored: an earlier state came back. Every access token is revoked, all sessions end (unless
            --keep-sessions), and the signing keys are replaced, as `latchkey db restore` does for SQLite.
            --moved: the same state stands on another server now, and nothing was lost.

              latchkey db settle --restored --config /etc/latchkey/latchkey.yaml
              latchkey db settle --moved --config /etc/latchkey/latchkey.yaml
            """
    )

    @Flag(help: "An earlier state came back.") var restored = false
    @Flag(help: "With --restored: keep the sessions of that time alive.") var keepSessions = false
    @Flag(help: "It stands elsewhere, and nothing was lost.") var moved = false
    @Flag(help: "Do not ask for confirmation.") var yes = false
    @OptionGroup var settings: SettingsOptions

    func validate() throws {
        guard restored != moved else { throw ValidationError("Give either --restored or --moved.") }
        guard restored || !keepSessions else { throw ValidationError("--keep-sessions belongs to --restored.") }
    }

    func run() async throws {
        let effective = try await settings.load()
        guard case .postgres(let database) = effective.database else {
            throw CommandFailure("The database is SQLite: `latchkey db restore` does everything that it needs.")
        }
        try Terminal.confirm(
            restored
                ? "This makes every access token invalid and replaces all signing keys."
                : "Nothing is revoked: what a restored database lacks would stay lost.", yes: yes)
        #if Postgres
            let sentences = try await DatabaseCommand.stopped(effective) {
                try await PostgresMaintenance(effective, database)
                    .settle(restored ? .restored(keepsSessions: keepSessions) : .moved)
            }
            for sentence in sentences { Terminal.line(sentence) }
            Terminal.next("start the nodes with \(settings.command("serve")) and check what came back.")
        #else
            _ = database
        #endif
    }
}
