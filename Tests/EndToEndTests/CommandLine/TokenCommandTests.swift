import Foundation
import TestSupport
import Testing

/// Tokens, sessions and revocation from the command line, against a running server.
struct TokenCommandTests {
    /// A populated server and its base URL.
    private func withServer(_ body: (CommandLineFixture, String) async throws -> Void) async throws {
        let fixture = try CommandLineFixture()
        let port = try ServerProcess.freePort()
        let server = try await ServerProcess(folder: fixture.folder, port: port)
        defer { server.killHard() }
        try await fixture.populate()
        try await body(fixture, "http://127.0.0.1:\(port)")
    }

    private func login(_ fixture: CommandLineFixture, _ base: String) async throws -> String {
        let run = try await fixture.run(
            "token", "login", "--client", "web", "--user", "alice", "--url", base, "--password-stdin", "--access-token",
            input: CommandLineFixture.password + "\n")
        #expect(run.code == 0, "\(run.error)")
        return run.output
    }

    private func verify(_ fixture: CommandLineFixture, _ base: String, _ token: String) async throws -> CommandRun {
        try await fixture.run(
            "token", "verify", "--issuer", "http://localhost:8080", "--jwks", base + "/.well-known/jwks.json", "--list",
            base + "/revocations", input: token)
    }

    @Test func `a wrong password is refused in the server's words`() async throws {
        try await withServer { fixture, base in
            let run = try await fixture.run(
                "token", "login", "--client", "web", "--user", "alice", "--url", base, "--password-stdin",
                input: "not the password at all\n")
            #expect(run.code == 1)
            #expect(run.output.isEmpty)
            #expect(run.lastLine.hasPrefix("latchkey: "))
        }
    }

    @Test func `a user who must change the password learns what to do at a terminal`() async throws {
        try await withServer { fixture, base in
            let old = CommandLineFixture.password + "\n"
            let added = try await fixture.run(
                "user", "set-password", "alice", "--must-change", "--password-stdin", input: old)
            #expect(added.code == 0, "\(added.error)")
            let arguments = ["token", "login", "--client", "web", "--user", "alice", "--url", base, "--password-stdin"]
            let run = try await fixture.run(arguments, input: old)
            #expect(run.code == 1 && run.output.isEmpty)
            #expect(run.error.contains("latchkey user set-password"), "\(run.error)")
            #expect(!run.error.contains("new_password"), "no option sends that")
            // What it says helps.
            let new = "three green bottles on a wall\n"
            #expect(try await fixture.run("user", "set-password", "alice", "--password-stdin", input: new).code == 0)
            #expect(try await fixture.run(arguments, input: new).code == 0)
        }
    }

    @Test func `a session's token verifies until the session is revoked, and explain says why`() async throws {
        try await withServer { fixture, base in
            let token = try await login(fixture, base)
            let valid = try await verify(fixture, base, token)
            #expect(valid.code == 0)
            #expect(valid.lines.first == "The token is valid.")
            let session = try #require(valid["session"])

            #expect(try await fixture.run("session", "revoke", session).code == 0)
            let refused = try await verify(fixture, base, token)
            #expect(refused.code == 1)
            #expect(refused.error == "latchkey: The token is refused: revoked by entry 1 of kind session.\n")
            let explained = try await fixture.run("session", "explain", session)
            #expect(explained["state"] == "ended")
            #expect(explained.output.contains("session.ended") && explained.output.contains("login.succeeded"))
        }
    }

    @Test func `verify names the reason for a wrong issuer, audience and signature`() async throws {
        try await withServer { fixture, base in
            let token = try await login(fixture, base).trimmingCharacters(in: .newlines)
            let keys = base + "/.well-known/jwks.json"
            func reason(_ token: String, _ options: String...) async throws -> String {
                let fixed = ["token", "verify", "--jwks", keys, "--no-list"]
                return try await fixture.run(fixed + options, input: token).error
            }
            #expect(try await reason(token, "--issuer", "https://other.example").contains("wrong_issuer"))
            let foreign = try await reason(
                token, "--issuer", "http://localhost:8080", "--audience", "https://api.example")
            #expect(foreign.contains("wrong_audience"))
            let parts = token.split(separator: ".")
            let forged = parts[0] + "." + parts[1] + "." + String(repeating: "A", count: 86)
            #expect(try await reason(String(forged), "--issuer", "http://localhost:8080").contains("bad_signature"))
            #expect(try await reason("junk", "--issuer", "http://localhost:8080").contains("malformed"))
        }
    }

    @Test func `decode shows a token and says that it verified nothing`() async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run(["token", "decode"], input: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.\n")
        #expect(run.code == 0)
        #expect(run.output.contains("\"alg\" : \"none\"") && run.output.contains("\"sub\" : \"x\""))
        #expect(run.error.contains("Nothing was verified"))
        #expect(try await fixture.run(["token", "decode"], input: "lkr_AAAA").error.contains("opaque"))
    }

    @Test func `revoking twice writes once, and all asks first`() async throws {
        try await withServer { fixture, base in
            _ = try await login(fixture, base)
            #expect(try await fixture.run("revoke", "user", "alice", "--reason", "lost").output.contains("entry 1"))
            #expect(try await fixture.run("revoke", "user", "nobody").code == 1)
            let unsure = try await fixture.run("revoke", "all", "--sessions")
            #expect(unsure.code == 1 && unsure.error.contains("--yes"))
            #expect(try await fixture.run("revocations", "list").lines.count == 2)
            #expect(try await fixture.run("revoke", "all", "--sessions", "--yes").code == 0)
            #expect(try await fixture.run("session", "list", "--state", "active").lines.count == 1)
        }
    }

    @Test func `an emergency rotation replaces every key`() async throws {
        try await withServer { fixture, base in
            let token = try await login(fixture, base)
            let before = try await fixture.run("keys", "export-jwks").output
            let early = try await fixture.run("keys", "rotate")
            #expect(early.code == 1)
            #expect(try await fixture.run("keys", "rotate", "--emergency").code == 0)
            #expect(try await fixture.run("keys", "export-jwks").output != before)
            #expect(try await verify(fixture, base, token).error.contains("unknown_key"))
        }
    }
}
