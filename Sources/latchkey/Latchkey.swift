import ArgumentParser
import Glibc
import LatchkeyCore

/// The command line's root: groups the commands and turns every error into one sentence and an exit code.
@main
struct Latchkey: AsyncParsableCommand {
    /// The version of server and command line.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "latchkey",
        abstract: "Issues short-lived tokens from revocable sessions.",
        discussion: """
            Start a server, then make an administrator, a client and a token:

              latchkey serve
              latchkey user add alice --admin
              latchkey client add web --public --first-party
              latchkey token login --client web --user alice

            Commands talk to the server that runs on the data directory. When none runs, they use the directory itself.
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(
                name: "Server",
                subcommands: [
                    ServeCommand.self, HealthCommand.self, NodesCommand.self, ConfigCommand.self, DatabaseCommand.self,
                ]),
            CommandGroup(
                name: "Accounts and sessions",
                subcommands: [UserCommand.self, ClientCommand.self, SessionCommand.self]),
            CommandGroup(
                name: "Revocation",
                subcommands: [
                    RevokeCommand.self, RevocationsCommand.self, ConsumersCommand.self, ProbeCommand.self,
                    StreamsCommand.self,
                ]),
            CommandGroup(
                name: "Keys and tokens",
                subcommands: [KeysCommand.self, MasterKeyCommand.self, TokenCommand.self, PasswordCommand.self]),
            CommandGroup(name: "Records", subcommands: [AuditCommand.self]),
            CommandGroup(name: "Shell", subcommands: [CompletionCommand.self]),
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    /// Exit codes: 0 done (help and version too), 1 failed, 2 wrong usage.
    private static func end(with error: any Error) -> Never {
        let code = exitCode(for: error)
        if code.isSuccess {
            let help = fullMessage(for: error, columns: HelpLayout.unbroken)
            Terminal.line(HelpLayout.lay(help, width: Terminal.width ?? 80))
            Glibc.exit(0)
        }
        // What the parser or a command's `validate` refused: with the usage, in the parser's words.
        if code == .validationFailure {
            let text = fullMessage(for: error, columns: HelpLayout.unbroken)
            Terminal.note(Terminal.width(of: STDERR_FILENO).map { HelpLayout.layError(text, width: $0) } ?? text)
            Glibc.exit(2)
        }
        if let code = error as? ExitCode { Glibc.exit(code.rawValue) }
        Terminal.note("latchkey: \(sentence(of: error))")
        Glibc.exit(1)
    }

    private static func sentence(of error: any Error) -> String {
        // Every error type of ours describes itself in a sentence for the operator; a refusal has one for callers.
        (error as? Refusal)?.detail ?? "\(error)"
    }
}

/// Why a command could not do its work: one sentence that says what to do. Exit code 1.
package struct CommandFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// This program as the user called it, so that the commands that we suggest work as they are.
enum Program {
    static let asTyped = ShellText.quote(CommandLine.arguments.first ?? "latchkey")
}
