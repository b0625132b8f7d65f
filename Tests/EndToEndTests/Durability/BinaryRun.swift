import Foundation
import TestSupport

/// One run of the real binary to its end.
struct BinaryRun: Sendable {
    let status: Int32
    /// Standard output and standard error as they came.
    let output: String

    /// - Parameters:
    ///   - arguments: of `latchkey`.
    ///   - folder: where its output is kept; deleted with the test.
    init(_ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:]) async throws {
        let path = folder.file("run-\(UUID().uuidString.prefix(8)).txt")
        let child = try ChildProcess(
            [ServerProcess.binary] + arguments,
            environment: try await TestStore.environment(environment, for: folder), output: path, error: path)
        status = try await child.exit()
        output = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        try? FileManager.default.removeItem(atPath: path)
    }
}
