import Foundation
import TestSupport
import Testing

/// What the Tab key offers.
struct CompletionTests {
    @Test(arguments: [
        (["us"], ["user"]), (["user", "a"], ["add"]), (["user", "add", "--ad"], ["--admin"]),
        (["completion", ""], ["bash", "zsh", "fish"]), (["user", "list", "--format", ""], ["table", "json"]),
        (["db", "re"], ["restore", "reset-clock"]), (["serve", "--config", "/etc/os-rel"], ["/etc/os-release"]),
        (["serve", "--data-dir", "/et"], ["/etc"]), (["db", "restore", "/etc/os-rel"], ["/etc/os-release"]),
    ])
    func `bash takes the script and completes commands, options and values`(
        typed: [String], offered: [String]
    ) async throws {
        let fixture = try CommandLineFixture()
        let script = try await script("bash", fixture)
        let checked = try await bash(fixture, ["-n", script])
        #expect(checked.code == 0 && checked.error.isEmpty, "\(checked.error)")
        // As bash calls the function that it was told to complete with.
        let press = """
            source "$1"
            [ "$(complete -p latchkey)" = 'complete -o filenames -F _latchkey latchkey' ] || exit 9
            shift
            COMP_WORDS=(latchkey "$@") COMP_CWORD=$# COMP_LINE="latchkey $*"
            COMP_POINT=${#COMP_LINE} COMPREPLY=()
            _latchkey latchkey "${COMP_WORDS[$#]}" "${COMP_WORDS[$# - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let run = try await bash(fixture, ["-c", press, "bash", script] + typed)
        #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
        let words = Set(run.lines)
        #expect(words.isSuperset(of: offered) && (typed.last == "" || words == Set(offered)), "\(words)")
    }

    @Test(arguments: [("zsh", "#compdef latchkey\n"), ("fish", "complete -c 'latchkey' ")])
    func `other shells have a script of their own, with every command`(shell: String, sign: String) async throws {
        let run = try await CommandLineFixture().run(["completion", shell])
        #expect(run.code == 0 && run.error.isEmpty)
        #expect(run.output.contains(sign))
        for command in ["serve", "rotate-secret", "export-jwks", "completion", "--must-change"] {
            #expect(run.output.contains(command.replacing("--", with: "")), "\(command)")
        }
    }

    @Test func `a script is never wrapped`() async throws {
        let fixture = try CommandLineFixture()
        for shell in ["bash", "zsh", "fish"] {
            let wide = try await fixture.run(["completion", shell])
            let narrow = try await fixture.run(["completion", shell], environment: ["COLUMNS": "40"])
            let parser = try await fixture.run(
                ["--generate-completion-script", shell], environment: ["COLUMNS": "40"])
            #expect(wide.output == narrow.output && wide.output == parser.output, "\(shell)")
        }
    }

    @Test(arguments: [["tcsh"], ["Bash"], ["bash", "zsh"], [""], []])
    func `another shell is refused with those that there are`(arguments: [String]) async throws {
        let run = try await CommandLineFixture().run(["completion"] + arguments)
        #expect(run.code == 2 && run.output.isEmpty)
        #expect(run.error.contains("Usage: latchkey completion <shell>"))
        guard arguments.count == 1 else { return }
        for shell in ["bash", "zsh", "fish"] { #expect(run.error.contains(shell), "\(run.error)") }
    }

    /// The script in a file.
    private func script(_ shell: String, _ fixture: CommandLineFixture) async throws -> String {
        let run = try await fixture.run(["completion", shell])
        #expect(run.code == 0 && run.error.isEmpty, "\(run.error)")
        let file = fixture.folder.file("completion.\(shell)")
        try run.output.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// A bash that has read no file of the user's.
    private func bash(_ fixture: CommandLineFixture, _ arguments: [String]) async throws -> CommandRun {
        let files = ["out", "err"].map { fixture.folder.file("bash-\($0)-\(UUID().uuidString)") }
        let child = try ChildProcess(["bash", "--norc"] + arguments, output: files[0], error: files[1])
        let code = try await child.exit()
        let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
        return CommandRun(code: code, output: texts[0], error: texts[1])
    }
}
