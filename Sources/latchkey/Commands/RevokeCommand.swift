import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct RevokeCommand: AsyncParsableCommand {
    /// What can be revoked.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case token, session, user, client, key, all
    }

    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes tokens invalid everywhere before they expire.",
        discussion: """
            The id is a jti for token, a sid for session, a name or sub for user, a client_id, or a kid.

              latchkey revoke user alice --reason "laptop stolen"
              latchkey revoke session 0199b0f2-0000-7000-8000-000000000000
              latchkey revoke all --sessions --yes

            user and client end the sessions too; all ends access tokens, and with --sessions everything. A key that may
            still sign is withdrawn with: latchkey keys rotate --emergency --only KID
            """
    )

    @Argument(help: "token, session, user, client, key or all.") var kind: Kind
    @Argument(help: "What to revoke; nothing for all.") var id: String?
    @Option(name: .long, help: "Free text for the log, at most 200 characters; never published.") var reason: String?
    @Flag(help: "With all: end every session too.") var sessions = false
    @Flag(help: "Do not ask before revoking all.") var yes = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        if kind == .all {
            guard id == nil else { throw ValidationError("`revoke all` takes no id.") }
        } else {
            guard id != nil else { throw ValidationError("Say which \(kind.rawValue) to revoke.") }
            guard !sessions else {
                throw ValidationError("--sessions goes with all; the other kinds end their sessions.")
            }
        }
    }

    func run() async throws {
        let effective = try await settings.load()
        if kind == .all {
            try Terminal.confirm(
                sessions
                    ? "This signs out everybody." : "This makes every access token invalid until its next refresh.",
                yes: yes)
        }
        let body = RevocationCreate(
            kind: kind.rawValue, id: id, reason: reason, sessions: kind == .all && sessions ? true : nil)
        let answer = try await AdminConnection.with(effective) { connection in
            try await connection.send("POST", AdminPath.revocations, body: AdminConnection.encode(body))
        }
        guard answer.status == 201 else {
            Terminal.line("Nothing live was left to revoke.")
            Terminal.next("see what is revoked with \(settings.command("revocations list")).")
            return
        }
        let entry = try JSONDecoder().decode(RevocationResource.self, from: Data(answer.body))
        guard output.format == .table else { return try JSONOutput.show(entry) }
        Terminal.line("Revoked as entry \(entry.seq), on the list until \(TimeText.string(entry.expiresAt)).")
        Terminal.next("see who has taken notice with \(settings.command("revocations show \(entry.seq)")).")
    }
}
