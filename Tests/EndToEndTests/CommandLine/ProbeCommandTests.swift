import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// `latchkey probe revocation` against a running server, with few verifiers.
struct ProbeCommandTests {
    private func withServer(
        _ configuration: [String: String] = [:], _ body: (CommandLineFixture, String) async throws -> Void
    ) async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(
            folder: fixture.folder, port: try ServerProcess.freePort(), configuration: configuration)
        defer { server.killHard() }
        try await fixture.populate()
        try await body(fixture, server.http.base)
    }

    private func probe(
        _ fixture: CommandLineFixture, _ base: String, _ more: String..., password: String? = nil
    ) async throws -> CommandRun {
        try await fixture.run(
            ["probe", "revocation", "--url", base, "--client", "web", "--user", "alice", "--password-stdin"]
                + ["--verifiers", "3", "--warm-up", "1", "--data-dir", fixture.folder.path] + more,
            input: (password ?? CommandLineFixture.password) + "\n")
    }

    @Test func `every verifier is measured in every round, in both modes`() async throws {
        try await withServer { fixture, base in
            let run = try await probe(
                fixture, base, "--rounds", "2", "--interval", "200ms", "--max", "60s", "--format", "json")
            #expect(run.code == 0, "\(run.error)")
            let modes = try #require(try StrictJSON.parse(Array(run.output.utf8)).array?.compactMap(\.object))
            #expect(modes.map { $0["mode"]?.string } == ["long-poll", "interval 200ms"])
            for mode in modes {
                #expect(mode["refusals"]?.integer == 6 && mode["missed"]?.integer == 0)
                #expect(mode["within_limit"]?.bool == true)
            }
            // It leaves nothing but ended sessions of its user.
            let sessions = try await fixture.run("session", "list", "--user", "alice", "--format", "json")
            let states = try StrictJSON.parse(Array(sessions.output.utf8)).array?.map { $0.object?["state"]?.string }
            #expect(states == Array(repeating: "ended", count: 6))
            let consumers = try await fixture.run("consumers", "--format", "json")
            let left = try StrictJSON.parse(Array(consumers.output.utf8)).array
            #expect(left?.isEmpty == true, "\(consumers.output)")
        }
    }

    @Test func `a limit that is missed is an exit code and a sentence`() async throws {
        try await withServer { fixture, base in
            let run = try await probe(fixture, base, "--rounds", "1", "--mode", "long-poll", "--max", "0ms")
            #expect(run.code == 1)
            #expect(run.error.contains("Beyond the limit: long-poll, p50 "))
            #expect(run.lines.first?.hasPrefix("long-poll: p50 ") == true)
        }
    }

    @Test func `a wrong password and a list that is not public are told`() async throws {
        try await withServer(["LATCHKEY_REVOCATIONS_ACCESS": "clients"]) { fixture, base in
            let wrong = try await probe(fixture, base, "--rounds", "1", password: "not the password at all")
            #expect(wrong.code == 1)
            #expect(wrong.error.contains("The user name or the password is wrong."))
            let closed = try await probe(fixture, base, "--rounds", "1", "--mode", "long-poll")
            #expect(closed.code == 1)
            #expect(closed.error.contains("answered with status 401"))
        }
    }

    @Test(arguments: [["--verifiers", "0"], ["--rounds", "0"], ["--interval", "5ms"], ["--mode", "push"]])
    func `a measurement that makes no sense is wrong usage`(arguments: [String]) async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run(
            ["probe", "revocation", "--client", "web", "--user", "alice", "--password-stdin"] + arguments, input: "x\n")
        #expect(run.code == 2)
    }
}
