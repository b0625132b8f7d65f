import ArgumentParser
import Foundation
import LatchkeyCore
import LatchkeyHTTP

struct RevokeCommand: AsyncParsableCommand {
    /// The kinds of things that can be revoked.
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case token, session, user, client, key, all
    }

    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes tokens invalid everywhere before they expire.",
        discussion: """
            The id is a jti for token, a sid for session, a name or sub for user, a client_id, or a kid. The token
            itself can replace its jti: without an id, or with -, it is read from standard input, where other users of
            the machine cannot see it. The server checks the token: it revokes only its own tokens, and a refresh token
            together with its session.

              latchkey revoke user alice --reason "laptop stolen"
              latchkey revoke token < token.txt
              latchkey revoke session 0199b0f2-0000-7000-8000-000000000000
              latchkey revoke all --sessions --yes

            user and client also end the sessions. all revokes every access token, and with --sessions it ends every
            session too. To withdraw a key that may still sign, use: latchkey keys rotate --emergency --only KID
            """
    )

    @Argument(help: "token, session, user, client, key or all.") var kind: Kind
    @Argument(help: "What to revoke. Leave it out for all; leave it out or give - for a token on standard input.")
    var id: String?
    @Option(name: .long, help: "Free text for the log, at most 200 characters; never published.") var reason: String?
    @Flag(help: "With all: end every session too.") var sessions = false
    @Flag(help: "Do not ask for confirmation before revoking all.") var yes = false
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: ListOptions

    func validate() throws {
        if kind == .all {
            guard id == nil else { throw ValidationError("`revoke all` takes no id.") }
        } else {
            guard id.map({ !$0.isEmpty }) ?? (kind == .token) else {
                throw ValidationError("Say which \(kind.rawValue) to revoke.")
            }
            guard !sessions else {
                throw ValidationError("--sessions is only for all; the other kinds end their sessions anyway.")
            }
        }
    }

    func run() async throws {
        let effective = try await settings.load()
        if kind == .all {
            try Terminal.confirm(
                sessions
                    ? "This ends every session."
                    : "This revokes every access token; clients get new ones when they refresh.",
                yes: yes)
        }
        let token = try token()
        let answer = try await AdminConnection.with(effective) { connection in
            let id = if kind == .user, let id { try await connection.user(id).id } else { id }
            let body = RevocationCreate(
                kind: kind.rawValue, id: token == nil ? id : nil, token: token.map { SecretText($0) }, reason: reason,
                sessions: kind == .all && sessions ? true : nil)
            return try await connection.send("POST", AdminPath.revocations, body: AdminConnection.encode(body))
        }
        guard answer.status == 201 else {
            Terminal.line("There was nothing live to revoke.")
            Terminal.next("see what is revoked with \(settings.command("revocations list")).")
            return
        }
        let entry = try JSONDecoder().decode(RevocationResource.self, from: Data(answer.body))
        guard output.format == .table else { return try JSONOutput.show(entry) }
        Terminal.line(
            "Revoked as entry \(entry.seq) of kind \(entry.kind), on the list until \(TimeText.string(entry.expiresAt))."
        )
        Terminal.next("see which services have received it with \(settings.command("revocations show \(entry.seq)")).")
    }

    /// The token itself, if one is given instead of its `jti`.
    private func token() throws -> String? {
        guard kind == .token else { return nil }
        guard let id, id != "-" else {
            return try SecretInput.read("Token", fromStandardInput: isPiped, flag: "a pipe")
        }
        // A jti has no dots, and none of ours begins like a refresh token.
        guard id.utf8.contains(UInt8(ascii: ".")) || id.utf8.starts(with: "lkr_".utf8) else { return nil }
        Terminal.note(
            "Warning: other users of this machine could see the token in the list of processes: pass it on standard "
                + "input.")
        return id
    }

    private var isPiped: Bool { id == "-" || !Terminal.isInputInteractive }
}
