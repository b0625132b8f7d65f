import Foundation
import TestConditions
import TestSupport
import Testing

/// The real server with outputs of a test's choice, which may also end by itself.
struct OwnServer {
    let child: ChildProcess
    let http: TestHTTP

    /// Starts it on a data directory and returns when it answers.
    /// - Parameters:
    ///   - output, error: files, devices or pipes.
    ///   - configuration: as environment variables.
    init(
        _ data: String, output: String, error: String, configuration: [String: String] = [:]
    ) async throws {
        let port = try ServerProcess.freePort()
        let defaults = [
            "LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1",
            "LATCHKEY_LOG_LEVEL": "debug",
        ]
        child = try ChildProcess(
            [
                ServerProcess.binary, "serve", "--data-dir", data, "--listen", "127.0.0.1:\(port)", "--issuer",
                "http://localhost:8080",
            ], environment: defaults.merging(configuration) { _, given in given }, output: output, error: error)
        http = TestHTTP(base: "http://127.0.0.1:\(port)")
        try await eventually("the server answers or ends") {
            if (try? await http.get("/healthz").status) == 200 { return true }
            return !child.isRunning
        }
        try #require(child.isRunning, "the server did not start")
    }

    /// SIGTERM; returns the exit status.
    func stop() async throws -> Int32 {
        child.signal(SIGTERM)
        return try await child.exit()
    }

    /// The value of a metric without labels.
    func metric(_ name: String) async throws -> Int? {
        let lines = try await http.get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    /// Many requests, each of which is a line in the log at level debug.
    func ask(_ count: Int = 800) async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var good = 0
                    for _ in 0..<count / 8 where try await http.get("/healthz").status == 200 { good += 1 }
                    return good
                }
            }
            let good = try await group.reduce(0, +)
            #expect(good == count)
        }
    }
}
