import Foundation
import TestConditions
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A program of Tests/Python or Tests/Node that serves HTTP on a port of its own.
final class ScriptProgram: Sendable {
    let port: Int
    let http: TestHTTP
    private let child: ChildProcess

    /// Starts it and returns when it answers anything.
    /// - Parameter arguments: given the port, all of them.
    init(
        _ name: String, in language: Language, log folder: TemporaryFolder, environment: [String: String] = [:],
        arguments: (Int) -> [String]
    ) async throws {
        port = try ServerProcess.freePort()
        http = TestHTTP(base: "http://127.0.0.1:\(port)")
        let log = folder.file("\(name)-\(port).log")
        // Byte code would be written beside the sources.
        child = try ChildProcess(
            [language.interpreter, language.programs.appending(path: name).path] + arguments(port),
            environment: environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { _, ours in ours }, output: log,
            error: log)
        try await eventually("\(name) answers or ends") {
            if (try? await http.send("GET", "/fetched")) != nil { return true }
            return !child.isRunning
        }
        if child.isRunning { return }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw ChildProcess.Failure(description: "\(name) did not start:\n\(text.suffix(2000))")
    }

    deinit {
        child.signal(SIGKILL)
        child.wait()
    }
}

/// A service behind one of Scripts/verifiers: what it says of a token.
struct VerifierService: Sendable {
    static let audience = "https://orders.example"
    private let program: ScriptProgram

    /// - Parameters:
    ///   - server: where the issuer is reached; where its name points when absent.
    ///   - authority: the PEM file of a private CA.
    init(
        _ language: Language, issuer: String, log folder: TemporaryFolder, audience: String = Self.audience,
        server: String? = nil,
        authority: String? = nil, environment: [String: String] = [:]
    ) async throws {
        program = try await ScriptProgram(language.service, in: language, log: folder, environment: environment) {
            [issuer, audience, "\($0)"] + (server == nil && authority == nil ? [] : [server ?? issuer])
                + (authority.map { [$0] } ?? [])
        }
    }

    /// The service's answer: 200, 401 or 503.
    func answer(_ token: String, policy: String? = nil) async throws -> TestResponse {
        try await program.http.authorised("GET", "/" + (policy.map { "?policy=\($0)" } ?? ""), bearer: token)
    }

    /// "ok", or why the token is refused.
    func judge(_ token: String, policy: String? = nil) async throws -> String {
        let answer = try await answer(token, policy: policy)
        return answer.status == 200 ? "ok" : answer["reason"] ?? answer.text
    }

    /// Asks until the verdict is one of those expected.
    func judge(_ token: String, until expected: Set<String>) async throws -> String {
        var verdict = ""
        try await eventually("one of \(expected.sorted())") {
            verdict = try await judge(token)
            return expected.contains(verdict)
        }
        return verdict
    }

    func judge(_ token: String, until expected: String) async throws -> String {
        try await judge(token, until: [expected])
    }

    /// Moves the service's clock to so many seconds from the real one.
    func moveClock(_ seconds: Int) async throws {
        #expect(try await program.http.send("PUT", "/clock", body: Array("\(seconds)".utf8)).status == 200)
    }

    /// Whether the list can be had within a second.
    func fetches() async throws -> Bool { try await program.http.get("/fetch").status == 200 }

    /// What is wrong with a request for the list, as the service would log it; nil when nothing is.
    func failure(query: String) async throws -> String? {
        try await program.http.get("/fetch?" + query)["reason"]
    }
}

/// Stands between a verifier and the server.
struct FaultyProxy: Sendable {
    private let program: ScriptProgram

    init(upstream: Int, log folder: TemporaryFolder) async throws {
        program = try await ScriptProgram("faulty_proxy.py", in: .python, log: folder) { ["\($0)", "\(upstream)"] }
    }

    var issuer: String { "http://localhost:\(program.port)" }

    func set(_ fault: String) async throws {
        #expect(try await program.http.send("PUT", "/fault", body: Array(fault.utf8)).status == 200)
    }

    /// Long polls and plain ones since the fault was set.
    func polls() async throws -> (waits: Int64, plain: Int64) {
        let answer = try await program.http.get("/fetched")
        return (try #require(answer.integer("waits")), try #require(answer.integer("polls")))
    }

    /// How often the keys were asked for.
    func fetchesOfKeys() async throws -> Int64 {
        try #require(try await program.http.get("/fetched").integer("times"))
    }
}
