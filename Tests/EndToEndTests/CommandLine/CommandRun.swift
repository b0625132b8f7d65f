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

        let child = Process()
        child.executableURL = URL(filePath: ServerProcess.binary)
        child.arguments = arguments
        child.environment = ProcessInfo.processInfo.environment.merging(
            ["LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1"]
                .merging(environment) { _, given in given }) { _, ours in ours }
        child.standardInput = FileHandle(forReadingAtPath: files[0])
        child.standardOutput = FileHandle(forWritingAtPath: files[1])
        child.standardError = FileHandle(forWritingAtPath: files[2])
        let code = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            child.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try child.run() } catch {
                child.terminationHandler = nil
                done.resume(throwing: error)
            }
        }
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
