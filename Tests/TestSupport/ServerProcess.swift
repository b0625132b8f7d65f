import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The real binary in a process of its own: for everything that a kill or a signal must show.
package final class ServerProcess: Sendable {
    package typealias Failure = ChildProcess.Failure

    package let http: TestHTTP
    package let logPath: String
    private let child: ChildProcess

    /// Where the build put the binary: beside the test bundle.
    package static var binary: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("latchkey").path
    }

    /// Starts `latchkey serve` on a data directory and returns when it answers.
    /// - Parameters:
    ///   - wrapper: a program and its arguments that run the server, such as `strace`.
    ///   - issuer: must be its URL for a verifier that fetches from the issuer.
    ///   - configuration: as environment variables.
    package init(
        folder: TemporaryFolder, port: Int, issuer: String = "http://localhost:8080",
        configuration: [String: String] = [:], wrapper: [String] = []
    ) async throws {
        let log = folder.file("server-\(UUID().uuidString.prefix(8)).log")
        logPath = log
        let command = [
            Self.binary, "serve", "--data-dir", folder.path, "--listen", "127.0.0.1:\(port)", "--issuer", issuer,
        ]
        let defaults = [
            "LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "1",
            "LATCHKEY_LOGIN_HASH_NICENESS": "0", "LATCHKEY_LOGIN_PRECEDENCE": "false",
            "LATCHKEY_LOG_LEVEL": "debug",
        ]
        child = try ChildProcess(
            wrapper + command, environment: defaults.merging(configuration) { _, given in given }, output: log,
            error: log)
        http = TestHTTP(base: "http://127.0.0.1:\(port)")
        try await waitUntilReady()
    }

    deinit {
        // A test that threw must not leave a server behind.
        if child.isRunning { killHard() }
    }

    private func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            guard child.isRunning else { break }
            if let answer = try? await http.send("GET", "/healthz", timeout: .seconds(2)), answer.status == 200 {
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        throw Failure(description: "the server did not start:\n\(log.suffix(2000))")
    }

    package var processID: Int32 { child.processID }

    /// Ends it as a power cut would, and waits until it is gone.
    package func killHard() {
        child.signal(SIGKILL)
        child.wait()
    }

    /// SIGTERM; returns the exit status.
    package func terminate() -> Int32 {
        child.signal(SIGTERM)
        return child.wait()
    }

    /// A port that was free a moment ago and that nobody else is told of. Below those that the system picks for
    /// connections: one of these could be taken before the server binds it.
    package static func freePort() throws -> Int {
        for _ in 0..<1000 {
            let port = UInt16(20_000 + nextPort.wrappingAdd(1, ordering: .relaxed).oldValue % 12_000)
            if try isFree(port) { return Int(port) }
        }
        throw Failure(description: "no free port")
    }

    /// Two runs of the tests at a time start at different ones.
    private static let nextPort = Atomic(Int.random(in: 0..<12_000))

    private static func isFree(_ port: UInt16) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        // The call reads the local for the length of the call.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
