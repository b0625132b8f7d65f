import ArgumentParser

struct CompletionCommand: ParsableCommand {
    /// A shell that can be taught our commands.
    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish

        fileprivate var script: String {
            switch self {
            case .bash: Latchkey.completionScript(for: .bash)
            case .zsh: Latchkey.completionScript(for: .zsh)
            case .fish: Latchkey.completionScript(for: .fish)
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints a completion script for a shell.",
        discussion: """
            bash and zsh read it at their start, with a line in ~/.bashrc, or in ~/.zshrc below compinit:

              source <(latchkey completion bash)
              source <(latchkey completion zsh)

            fish reads a file:

              latchkey completion fish > ~/.config/fish/completions/latchkey.fish
            """
    )

    @Argument(help: "The shell that will read it.") var shell: Shell

    func run() throws { Terminal.line(shell.script) }
}
