import Foundation
import TestSupport
import Testing

/// One run of the real binary: what it was given and what came of it.
struct CommandRun {
    let code: Int32
    let output: String
    let error: String

    /// The last line that is not empty, of what a person sees: results first, hints after them.
    var lastLine: String { (output + error).split(separator: "\n").last.map(String.init) ?? "" }

    /// Lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The value of a `name  value` line.
    subscript(_ name: String) -> String? {
        lines.first { $0.hasPrefix(name + " ") }.map {
            String($0.dropFirst(name.count)).trimmingCharacters(in: .whitespaces)
        }
    }
}

/// A folder with a data directory in it, and the program to run there. Hashes are cheap.
struct CommandLineFixture {
    static let password = "a purple lantern hums quietly"

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    init(folder: TemporaryFolder) { self.folder = folder }

    /// Runs a command on the folder's data directory without a terminal.
    /// - Parameters:
    ///   - input: standard input; nothing when absent.
    ///   - dataDirectory: of the folder itself, as ``ServerProcess`` takes it, when absent.
    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:], dataDirectory: String? = nil
    ) async throws -> CommandRun {
        try await run(arguments + ["--data-dir", dataDirectory ?? folder.path], input: input, environment: environment)
    }

    /// Runs the binary with exactly these arguments.
    func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> CommandRun {
        let id = UUID().uuidString.prefix(8)
        let files = ["in", "out", "err"].map { folder.file("\($0)-\(id)") }
        try Data(input.utf8).write(to: URL(filePath: files[0]))
        for file in files.dropFirst() { _ = FileManager.default.createFile(atPath: file, contents: nil) }
        defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }

        let cheap = ["LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1"]
        let all = try await TestStore.environment(cheap.merging(environment) { _, given in given }, for: folder)
        let child = try ChildProcess(
            [ServerProcess.binary] + arguments, environment: all, input: files[0], output: files[1], error: files[2])
        let code = try await child.exit()
        let texts = try files.dropFirst().map { try String(contentsOfFile: $0, encoding: .utf8) }
        return CommandRun(code: code, output: texts[0], error: texts[1])
    }

    /// An administrator `alice` and a first-party client `web`.
    func populate() async throws {
        let user = try await run("user", "add", "alice", "--admin", "--password-stdin", input: Self.password + "\n")
        let client = try await run("client", "add", "web", "--public", "--first-party")
        try #require(user.code == 0 && client.code == 0, "\(user.error)\(client.error)")
    }
}
