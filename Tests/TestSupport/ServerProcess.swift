import Foundation
import TestConditions
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The real binary in a process of its own: for everything that a kill or a signal must show.
package final class ServerProcess: Sendable {
    package typealias Failure = ChildProcess.Failure

    package let http: TestHTTP
    package let logPath: String
    private let child: ChildProcess
    private let lease: ServerPlaces.Lease

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
        lease = await ServerPlaces.shared.lease()
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
        let environment = try await TestStore.environment(
            defaults.merging(configuration) { _, given in given }, for: folder)
        child = try ChildProcess(wrapper + command, environment: environment, output: log, error: log)
        http = TestHTTP(base: "http://127.0.0.1:\(port)")
        try await waitUntilReady()
    }

    deinit {
        // A test that threw must not leave a server behind.
        if child.isRunning { killHard() }
    }

    private func waitUntilReady() async throws {
        try await eventually("the server answers or ends") {
            if let answer = try? await http.send("GET", "/healthz"), answer.status == 200 { return true }
            return !child.isRunning
        }
        if child.isRunning { return }
        let log = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""
        throw Failure(description: "the server did not start:\n\(log.suffix(2000))")
    }

    package var processID: Int32 { child.processID }

    /// Ends it as a power cut would, and waits until it is gone.
    package func killHard() {
        child.signal(SIGKILL)
        child.wait()
    }

    /// SIGTERM; returns the exit status. Holds no thread meanwhile: the tests beside this one need theirs.
    package func terminate() async throws -> Int32 {
        child.signal(SIGTERM)
        return try await child.exit()
    }

    /// A port that the system gave out and that nobody else gets while the tests run: a socket stays bound to it, and
    /// only a server that names it may listen there, as often as it starts again.
    package static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(description: "no socket") }
        var reuse: Int32 = 1
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The calls read or fill locals of the given length, for the time of the call only.
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
                    == 0
                    && bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard isBound else { throw Failure(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
