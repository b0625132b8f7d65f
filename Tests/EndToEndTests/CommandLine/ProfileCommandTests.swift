import Foundation
import TestSupport
import Testing

/// Profiles of users from the command line.
struct ProfileCommandTests {
    @Test func `a profile is set with a new account, changed, shown and taken away`() async throws {
        let fixture = try CommandLineFixture()
        let file = fixture.folder.file("claims.json")
        try Data(#"{"department":"sales","given_name":"Alice"}"#.utf8).write(to: URL(filePath: file))
        let added = try await fixture.run(
            "user", "add", "alice", "--password-stdin", "--email", "alice@example.com", "--email-verified",
            "--display-name", "Alice A.", "--locale", "en-GB", "--zoneinfo", "Europe/London", "--claims-file", file,
            input: CommandLineFixture.password + "\n")
        #expect(added.code == 0, "\(added.error)")
        #expect(added["email"] == "alice@example.com (verified)")
        #expect(added["claims"] == "department, given_name")

        let moved = try await fixture.run("user", "update", "alice", "--email", "a@example.com")
        #expect(moved["email"] == "a@example.com", "not verified any more")
        let claims = try await fixture.run(
            "user", "update", "alice", "--claims-file", "-", input: #"{"level":3}"#)
        #expect(claims["claims"] == "level")
        let removed = try await fixture.run("user", "update", "alice", "--remove", "email", "--remove", "claims")
        #expect(removed.code == 0 && removed["email"] == nil && removed["claims"] == nil)
        let shown = try await fixture.run("user", "show", "alice")
        #expect(
            shown["display name"] == "Alice A." && shown["locale"] == "en-GB" && shown["zoneinfo"] == "Europe/London")
        #expect(try await fixture.run("user", "show", "alice", "--format", "json").output.contains(#""locale""#))
    }

    @Test func `what cannot be is refused in a sentence and changes nothing`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let before = try await fixture.run("user", "show", "alice", "--format", "json").output
        let file = fixture.folder.file("claims.json")
        try Data("[1]".utf8).write(to: URL(filePath: file))
        let runs = [
            try await fixture.run("user", "update", "alice", "--email", "alice"),
            try await fixture.run("user", "update", "alice", "--email-verified"),
            try await fixture.run("user", "update", "alice", "--locale", "en_GB"),
            try await fixture.run("user", "update", "alice", "--claims-file", file),
            try await fixture.run("user", "update", "alice", "--claims-file", file + "x"),
            try await fixture.run("user", "update", "alice", "--claims-file", "-", input: #"{"sub":"x"}"#),
            try await fixture.run("user", "update", "alice", "--remove", "name"),
            try await fixture.run("user", "update", "alice", "--remove", "email", "--email", "a@example.com"),
            try await fixture.run("user", "update", "alice"),
            try await fixture.run(
                "user", "add", "eve", "--password-stdin", "--claims-file", "-", input: CommandLineFixture.password),
        ]
        for run in runs { #expect(run.code != 0 && run.output.isEmpty && !run.error.isEmpty, "\(run.error)") }
        #expect(try await fixture.run("user", "show", "alice", "--format", "json").output == before)
        #expect(try await fixture.run("user", "list").lines.count == 2)
    }

    @Test func `an import brings profiles, and a line says what is wrong with one`() async throws {
        let fixture = try CommandLineFixture()
        let hash = "$2b$04$abcdefghijklmnopqrstuuKVY0TnTgGnNvLrTJCXQ1WtAYiIqGJhq"
        let lines = [
            #"{"name":"a","password_hash":"\#(hash)","email":"a@example.com","email_verified":true,"claims":{"x":1}}"#,
            #"{"name":"b","password_hash":"\#(hash)","email":"b"}"#,
            #"{"name":"c","password_hash":"\#(hash)","claims":"x"}"#,
        ]
        let run = try await fixture.run("user", "import", "-", input: lines.joined(separator: "\n"))
        #expect(run.code == 1)
        #expect(run.output.contains("1 imported, 0 exist already, 2 refused."))
        #expect(run.error.contains("line 2: The e-mail address must have the form"))
        #expect(run.error.contains("line 3: has a wrong value in the member claims: it must be a JSON object."))
        #expect(try await fixture.run("user", "show", "a")["email"] == "a@example.com (verified)")
    }
}
