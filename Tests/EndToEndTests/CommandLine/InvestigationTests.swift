import Foundation
import TestSupport
import Testing

/// What an operator asks afterwards: who was it, when, why, and what did it end.
struct InvestigationTests {
    private func withServer(_ body: (CommandLineFixture, String) async throws -> Void) async throws {
        let fixture = try CommandLineFixture()
        let port = try ServerProcess.freePort()
        let server = try await ServerProcess(folder: fixture.folder, port: port)
        defer { server.killHard() }
        try await fixture.populate()
        try await body(fixture, "http://127.0.0.1:\(port)")
    }

    /// - Returns: access token and sid.
    private func login(_ fixture: CommandLineFixture, _ base: String) async throws -> (token: String, sid: String) {
        let run = try await fixture.run(
            "token", "login", "--client", "web", "--user", "alice", "--url", base, "--password-stdin", "--access-token",
            input: CommandLineFixture.password + "\n")
        try #require(run.code == 0, "\(run.error)")
        let decoded = try await fixture.run(["token", "decode"], input: run.output)
        let line = try #require(decoded.lines.first { $0.contains("\"sid\"") })
        return (run.output.filter { !$0.isNewline }, String(line.split(separator: "\"")[3]))
    }

    private func verdict(_ fixture: CommandLineFixture, _ sid: String) async throws -> String {
        try #require(try await fixture.run("session", "explain", sid).lines.first)
    }

    /// The next second, as a revocation covers the whole of its own and logins wait for the next one.
    private let time = #"20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ"#

    private func expect(_ text: String, _ pattern: String) throws {
        let expression = try Regex("^" + pattern + "$")
        #expect(text.firstMatch(of: expression) != nil, "\(text)")
    }

    @Test func `explain names when, who, why and the entry, after every way to end a session`() async throws {
        try await withServer { fixture, base in
            var (_, sid) = try await login(fixture, base)
            try expect(try await verdict(fixture, sid), "The session is live: generation 1, last rotated at \(time)[.]")
            #expect(try await fixture.run("revoke", "user", "alice", "--reason", "left the company").code == 0)
            let first = sid
            try expect(
                try await verdict(fixture, sid),
                "All sessions of the user were revoked: \(time), by the operator: left the company [(]entry 1[)][.]")

            (_, sid) = try await login(fixture, base)
            #expect(try await fixture.run("user", "disable", "alice").code == 0)
            try expect(
                try await verdict(fixture, sid),
                "The user was disabled, which ends all sessions: \(time), by the operator [(]entry 2[)][.]")
            #expect(try await fixture.run("user", "enable", "alice").code == 0)
            #expect(try await verdict(fixture, sid).hasSuffix("(entry 2). The user has been enabled again since."))
            // What ended it is not what came later.
            #expect(try await verdict(fixture, first).contains("left the company"))

            (_, sid) = try await login(fixture, base)
            let password = CommandLineFixture.password + "\n"
            #expect(
                try await fixture.run("user", "set-password", "alice", "--password-stdin", input: password).code == 0)
            #expect(try await verdict(fixture, sid).hasPrefix("The password of the user was changed"))

            (_, sid) = try await login(fixture, base)
            #expect(try await fixture.run("revoke", "all", "--yes").code == 0)
            #expect(try await verdict(fixture, sid).hasPrefix("The session is live"))
            #expect(try await fixture.run("revoke", "all", "--sessions", "--yes", "--reason", "drill").code == 0)
            try expect(
                try await verdict(fixture, sid),
                "All sessions of this server were revoked: \(time), by the operator: drill [(]entry 5[)][.]")

            (_, sid) = try await login(fixture, base)
            #expect(try await fixture.run("revoke", "client", "web", "--reason", "a\u{1B}[2Jb").code == 0)
            try expect(
                try await verdict(fixture, sid),
                "All sessions of the client were revoked: \(time), by the operator: a[?]\\[2Jb [(]entry 6[)][.]")

            (_, sid) = try await login(fixture, base)
            #expect(try await fixture.run("session", "revoke", sid).code == 0)
            try expect(
                try await verdict(fixture, sid), "The session was revoked: \(time), by the operator [(]entry 7[)][.]")
            let shown = try await fixture.run("session", "show", sid)
            #expect(shown["reason"] == "admin: An administrator revoked it.")
            let json = try await fixture.run("session", "explain", sid, "--format", "json")
            #expect(json.output.contains("\"seq\" : 7") && json.output.contains("\"actor\" : \"operator\""))
        }
    }

    @Test func `the trail of a deleted and of a renamed user is found by name and id, with the names of then`()
        async throws
    {
        try await withServer { fixture, base in
            let (_, sid) = try await login(fixture, base)
            let id = try #require(try await fixture.run("user", "show", "alice")["id"])
            #expect(try await fixture.run("user", "update", "alice", "--name", "Alicia").code == 0)
            #expect(try await fixture.run("user", "delete", "alicia", "--yes").code == 0)
            #expect(try await verdict(fixture, sid).hasPrefix("The user was deleted: 20"))
            for name in ["alice", "ALICIA", id] {
                let run = try await fixture.run("audit", "list", "--user", name)
                #expect(run.code == 0, "\(name): \(run.error)")
                #expect(run.output.contains("user.deleted") && run.output.contains("login.succeeded"), "\(name)")
                #expect(!run.output.contains(id), "names, not ids")
            }
            let lines = try await fixture.run("audit", "list", "--user", id).lines
            #expect(lines.first { $0.contains("login.succeeded") }?.contains("user:alice  alice") == true, "\(lines)")
            let deletion = lines.first { $0.contains("user.deleted") } ?? ""
            #expect(deletion.contains("operator") && deletion.contains("Alicia"), "\(lines)")
            let json = try await fixture.run("audit", "list", "--user", "alice", "--format", "json").output
            #expect(json.contains("\"user_name\" : \"alice\"") && json.contains("\"actor_name\" : \"alice\""))
            #expect(json.contains(id))
            #expect(try await fixture.run("audit", "list", "--user", "nobody").code == 1)
            // Somebody else who gets the name is listed with those who had it.
            #expect(
                try await fixture.run(
                    "user", "add", "alice", "--password-stdin", input: CommandLineFixture.password
                ).code == 0)
            let both = try await fixture.run("audit", "list", "--user", "alice", "--kind", "user.created")
            #expect(both.lines.count == 3)
        }
    }

    @Test func `lists go back as far and as long as asked`() async throws {
        try await withServer { fixture, base in
            for _ in 0..<3 { _ = try await login(fixture, base) }
            for list in [["session", "list"], ["audit", "list", "--kind", "login.succeeded"]] {
                func run(_ options: String...) async throws -> CommandRun {
                    try await fixture.run(list + options + ["--data-dir", fixture.folder.path])
                }
                #expect(try await run().lines.count == 4)
                #expect(try await run("--since", "1h").lines.count == 4)
                #expect(try await run("--since", "2100-01-01T00:00:00Z").lines.count == 1)
                #expect(try await run("--since", "1970-01-01 00:00:00Z").lines.count == 4)
                #expect(try await run("--limit", "2").lines.count == 3)
                for wrong in [["--since", "yesterday"], ["--since", ""], ["--limit", "0"], ["--limit", "x"]] {
                    #expect(
                        try await fixture.run(list + wrong + ["--data-dir", fixture.folder.path]).code == 2, "\(wrong)")
                }
            }
            let narrow = try await fixture.run(
                ["audit", "list", "--data-dir", fixture.folder.path], environment: ["COLUMNS": "80"])
            #expect(narrow.lines.allSatisfy { $0.utf8.count <= 80 }, "\(narrow.output)")
        }
    }

    @Test func `taking the role admin away says what it took and what that ended`() async throws {
        try await withServer { fixture, base in
            let (_, sid) = try await login(fixture, base)
            let kept = try await fixture.run("user", "update", "alice", "--role", "admin", "--role", "editor")
            #expect(!kept.error.contains("Removed from"))
            let lost = try await fixture.run("user", "update", "alice", "--role", "billing")
            #expect(lost.error.contains("Removed from alice: admin, editor."))
            #expect(lost.error.contains("all sessions of this user have ended"))
            #expect(try await verdict(fixture, sid).hasPrefix("The user lost the role admin, which ends all sessions"))
        }
    }

    @Test func `a token is revoked by itself, from a pipe or an argument, and only one of this server`() async throws {
        try await withServer { fixture, base in
            let (token, sid) = try await login(fixture, base)
            let verify = [
                "token", "verify", "--issuer", "http://localhost:8080", "--jwks", base + "/.well-known/jwks.json",
                "--list", base + "/revocations",
            ]
            let forged =
                token.split(separator: ".").dropLast().joined(separator: ".") + "." + String(repeating: "A", count: 86)
            for bad in [forged, "a.b.c", "lkr_AAAA", ""] {
                let run = try await fixture.run("revoke", "token", "-", input: bad + "\n")
                #expect(run.code == 1, "\(bad)")
                #expect(!run.error.contains(bad) || bad.isEmpty)
            }
            #expect(try await fixture.run("revocations", "list").lines.count == 1)
            let piped = try await fixture.run("revoke", "token", "--reason", "found in a log", input: token + "\r\n")
            #expect(piped.code == 0 && piped.output.hasPrefix("Revoked as entry 1 of kind token"), "\(piped.error)")
            #expect(try await fixture.run(verify, input: token).error.contains("revoked by entry 1"))
            #expect(
                try await fixture.run("revoke", "token", "-", input: token).output.hasPrefix("There was nothing live"))
            #expect(try await verdict(fixture, sid).hasPrefix("The session is live"))

            let (second, _) = try await login(fixture, base)
            let shown = try await fixture.run("revoke", "token", second)
            #expect(shown.code == 0 && shown.error.contains("list of processes"))
            #expect(!(shown.output + shown.error).contains(second))
            #expect(try await fixture.run(verify, input: second).error.contains("revoked by entry 2"))

            let whole = try await fixture.run(
                "token", "login", "--client", "web", "--user", "alice", "--url", base, "--password-stdin",
                input: CommandLineFixture.password)
            let refresh = try #require(whole.lines.first { $0.contains("refresh_token\"") }?.split(separator: "\"")[3])
            let ended = try await fixture.run("revoke", "token", input: String(refresh))
            #expect(ended.output.hasPrefix("Revoked as entry 3 of kind session"), "\(ended.error)")
            #expect(try await fixture.run("revoke", "user").code == 2)
        }
    }
}
