import Foundation
import LatchkeyCore
import TestConditions
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Software of others in a process of its own, on a port of its own.
final class ApplicationProcess: Sendable {
    let port: Int
    /// As a browser sees it.
    var origin: String { "http://127.0.0.1:\(port)" }
    private let child: ChildProcess
    private let log: String

    /// Starts a program and returns when it answers on its port, whatever it answers.
    /// - Parameter arguments: the program first.
    init(_ arguments: [String], port: Int, environment: [String: String], folder: TemporaryFolder) async throws {
        self.port = port
        log = folder.file("application-\(port).log")
        child = try ChildProcess(arguments, environment: environment, output: log, error: log)
        let http = TestHTTP(base: "http://127.0.0.1:\(port)", client: .withoutRedirects)
        try await eventually("\(arguments) answers or ends") {
            if (try? await http.get("/")) != nil { return true }
            return !child.isRunning
        }
        if !child.isRunning { throw ChildProcess.Failure(description: "\(arguments) did not start:\n\(tail)") }
    }

    deinit {
        // A test that threw must not leave a program behind.
        child.signal(SIGKILL)
        child.wait()
    }

    /// The end of what it said, for a test that fails.
    var tail: String {
        String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "no log").suffix(4000))
    }
}

extension ApplicationProcess {
    /// A program of Tests/Python/applications, for which a client is made first.
    /// - Parameters:
    ///   - callback: path of its redirect URI.
    ///   - left: path where its users come after they have signed out.
    ///   - arguments: after the port.
    static func python(
        _ name: String, at issuer: Issuer, kind: ClientKind = .confidential, callback: String, left: String? = nil,
        arguments: [String] = [], environment: [String: String] = [:],
        fill: @Sendable (inout ClientSettings) -> Void = { _ in }
    ) async throws -> ApplicationProcess {
        let port = try ServerProcess.freePort()
        let client = try await issuer.addClient(
            "app-\(port)", kind: kind, port: port, callback: callback, left: left, fill: fill)
        let program = Language.python.programs.appending(path: "applications/\(name)").path
        return try await ApplicationProcess(
            [ApplicationPackages.python.program, program, "\(port)"] + arguments, port: port,
            environment: issuer.environment(of: client).merging(environment) { _, given in given },
            folder: issuer.server.folder)
    }
}
