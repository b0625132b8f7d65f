import Foundation
import TestSupport
import Testing

private enum Schemathesis {
    static let folder = Language.root.appending(path: "Tests/Python/schemathesis").path
    static let programs = Language.root.appending(path: ".build/schemathesis/bin").path

    /// Where `Scripts/test` has just installed it, a missing program is a failure.
    static var mayRun: Bool {
        ProcessInfo.processInfo.environment["LATCHKEY_REQUIRE_SCHEMATHESIS"] == "1"
            || FileManager.default.isExecutableFile(atPath: "\(programs)/st")
    }

    /// The command line. Without a seed in the environment, each run makes the same requests.
    static var start: String {
        let seed = ProcessInfo.processInfo.environment["LATCHKEY_TEST_SEED"].flatMap { UInt64($0) }
        return "\(programs)/st --config-file '\(folder)/schemathesis.toml' run"
            + (seed.map { " --seed \($0)" } ?? "")
    }
}

/// A server tried by schemathesis: it makes thousands of requests from the server's own document, right and wrong ones,
/// and compares the answers with it. `schemathesis.toml` names and argues what it leaves out.
@Suite(.enabled(if: Schemathesis.mayRun, "Scripts/test installs schemathesis"))
struct SchemathesisTests {
    /// The operations that need a user's or an administrator's token.
    private static let guarded = "'^/api/v1/(admin/|me|sessions|password)|^/oauth2/userinfo$'"

    /// - Parameter count: operations that are tried, at least.
    private func run(_ command: String, expecting count: Int) async throws {
        let folder = try TemporaryFolder()
        let output = folder.file("schemathesis-output")
        let program = try ChildProcess(
            ["bash", "-c", "cd '\(folder.path)' && exec \(command)"],
            environment: ["PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*", "NO_COLOR": "1"], output: output,
            error: output)
        let code = try await program.exit()
        // It ends with its seed.
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(code == 0, "\(text.suffix(20_000))")
        let tested = text.firstMatch(of: /Tested: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
        #expect(tested >= count, "\(text.suffix(2000))")
    }

    private func withFilledServer(_ body: @Sendable (TestServer) async throws -> Void) async throws {
        try await withServer { server in
            try await server.addUser("ada", roles: ["admin"])
            try await server.addClient(scope: "openid profile email latchkey:account")
            try await server.addConfidentialClient()
            try await body(server)
        }
    }

    @Test func `what a stranger sends is answered as the document says`() async throws {
        try await withFilledServer { server in
            try await run(
                "\(Schemathesis.start) \(server.http.base)/openapi.json --exclude-path-regex \(Self.guarded)",
                expecting: 15)
        }
    }

    /// Nothing is accepted. A credential that is no token is 400 (RFC 6750 3.1), and the document knows no narrower type
    /// of credential than a bearer token.
    @Test func `what needs a token is refused without a good one, as the document says`() async throws {
        try await withFilledServer { server in
            try await run(
                "\(Schemathesis.start) \(server.http.base)/openapi.json --include-path-regex \(Self.guarded) "
                    + "--exclude-checks positive_data_acceptance",
                expecting: 40)
        }
    }

    /// Nothing that it removes or revokes takes away its own right to ask.
    @Test func `what the operator sends is answered as the document says`() async throws {
        try await withFilledServer { server in
            let socket = server.folder.file("latchkey.sock")
            try await run(
                "\(Schemathesis.programs)/python '\(Schemathesis.folder)/run.py' '\(socket)' \(Schemathesis.start) "
                    + "--include-path-regex '^/api/v1/admin/'",
                expecting: 34)
        }
    }

    /// Without what ends the session that the token comes from: then the rest would be refusals.
    @Test(arguments: [
        ("latchkey:account", "'^/api/v1/(me$|sessions)' --exclude-path-regex revoke-others --exclude-method DELETE", 3),
        ("openid profile email", "'^/oauth2/userinfo$'", 2),
    ])
    func `what a user sends is answered as the document says`(scope: String, paths: String, count: Int) async throws {
        try await withFilledServer { server in
            let login = try await server.login(scope: scope)
            let token = try #require(login["access_token"], "\(login.text)")
            try await run(
                "\(Schemathesis.start) \(server.http.base)/openapi.json -H 'Authorization: Bearer \(token)' "
                    + "--include-path-regex \(paths)",
                expecting: count)
        }
    }
}
