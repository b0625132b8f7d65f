import ArgumentParser
import Foundation
import Glibc

/// Reads passwords, client secrets and tokens: from standard input on request, otherwise by a prompt without echo.
/// Never from an argument, which every user of the machine can see in the process list.
enum SecretInput {
    /// The longest secret that is read, bytes.
    private static let limit = 64 * 1024

    /// - Parameters:
    ///   - what: for the prompt, "Password of alice".
    ///   - fromStandardInput: one line, without its line ending.
    ///   - twice: ask again and compare, when a secret is being set.
    /// - Throws: ``CommandFailure`` for empty input, two different entries, or no terminal to ask on.
    static func read(_ what: String, fromStandardInput: Bool, flag: String, twice: Bool = false) throws -> String {
        if fromStandardInput { return try line() }
        guard Terminal.isInputInteractive else {
            throw ValidationError("There is no terminal to ask on: pass it on standard input with \(flag).")
        }
        let first = try ask("\(what): ")
        guard !first.isEmpty else { throw CommandFailure("Nothing was entered.") }
        if twice {
            guard Array(try ask("The same again: ").utf8) == Array(first.utf8) else {
                throw CommandFailure("The two entries differ.")
            }
        }
        return first
    }

    /// The one line of standard input. See ``SecretLines``.
    static func line() throws -> String { try lines(1)[0] }

    private static func lines(_ count: Int) throws -> [String] {
        try SecretLines.read(all(), count: count, source: "Standard input")
    }

    /// A user's password and, if wanted, the secret of the client that signs the user in.
    /// - Parameters:
    ///   - secretStdin: implies `wantsSecret`; with `passwordStdin` standard input has two lines.
    /// - Throws: ``CommandFailure`` as ``read(_:fromStandardInput:flag:twice:)`` does.
    static func passwordAndSecret(
        user: String, client: String, passwordStdin: Bool, secretStdin: Bool, wantsSecret: Bool
    ) throws -> (password: String, secret: String?) {
        if passwordStdin, secretStdin {
            // The password, then the client's secret.
            let lines = try lines(2)
            return (lines[0], lines[1])
        }
        let password = try read("Password of \(user)", fromStandardInput: passwordStdin, flag: "--password-stdin")
        guard wantsSecret || secretStdin else { return (password, nil) }
        return (
            password, try read("Secret of \(client)", fromStandardInput: secretStdin, flag: "--secret-stdin")
        )
    }

    /// All of standard input, at most 64 KiB.
    static func all() throws -> [UInt8] {
        guard let data = try FileHandle.standardInput.readToEnd() else { return [] }
        guard data.count <= limit else { throw CommandFailure("Standard input is longer than 64 KiB.") }
        return Array(data)
    }

    private static func ask(_ prompt: String) throws -> String {
        Terminal.prompt(prompt)
        var saved = termios()
        // `saved` and `silent` are ours for the calls.
        guard unsafe tcgetattr(STDIN_FILENO, &saved) == 0 else {
            throw CommandFailure("The terminal cannot be switched to silent input.")
        }
        var silent = saved
        // Control-C must not end the process while echo is off: it ends the line instead.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        silent.c_cc.11 = 3  // VEOL
        unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved)
            Terminal.note("")
        }
        let answer = readLine() ?? ""
        guard !answer.utf8.contains(3) else { throw CommandFailure("Nothing was done.") }
        return answer
    }
}
