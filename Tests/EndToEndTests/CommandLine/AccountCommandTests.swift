import Foundation
import TestSupport
import Testing

/// Accounts and clients from the command line, with and without a running server: the same lines either way.
struct AccountCommandTests {
    /// Runs `body` twice: on the directory itself, and beside a server.
    private func bothWays(_ body: (CommandLineFixture) async throws -> Void) async throws {
        try await body(try CommandLineFixture())
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        try await body(fixture)
    }

    @Test func `an account is made, shown, changed, disabled, enabled and deleted`() async throws {
        try await bothWays { fixture in
            let password = CommandLineFixture.password + "\r\n"
            let added = try await fixture.run("user", "add", "alice", "--admin", "--password-stdin", input: password)
            #expect(added.code == 0)
            #expect(added["roles"] == "admin")
            #expect(added.lastLine.hasPrefix("Next: "))
            let id = try #require(added["id"])

            let again = try await fixture.run("user", "add", "ALICE", "--password-stdin", input: password)
            #expect(again.code == 1)
            #expect(again.error.hasPrefix("latchkey: "))

            let updated = try await fixture.run("user", "update", id, "--role", "editor", "--name", "Älice")
            #expect(updated["roles"] == "editor")
            #expect(try await fixture.run("user", "disable", "älice").code == 0)
            #expect(try await fixture.run("user", "show", id)["state"] == "disabled")
            #expect(try await fixture.run("user", "enable", id).code == 0)

            let unsure = try await fixture.run("user", "delete", id)
            #expect(unsure.code == 1 && unsure.error.contains("--yes"))
            #expect(try await fixture.run("user", "list").lines.count == 2)
            #expect(try await fixture.run("user", "delete", id, "--yes").code == 0)
            #expect(try await fixture.run("user", "list").lines.count == 1)
            #expect(try await fixture.run("user", "show", id).code == 1)
        }
    }

    @Test func `a weak password is refused in a sentence and no account is made`() async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run("user", "add", "alice", "--password-stdin", input: "short\n")
        #expect(run.code == 1)
        #expect(run.error.contains("15"))
        #expect(try await fixture.run("user", "list").lines.count == 1)
    }

    @Test func `a new client's secret is printed once and never again`() async throws {
        try await bothWays { fixture in
            let added = try await fixture.run(
                "client", "add", "billing", "--confidential", "--grant", "client_credentials")
            #expect(added.code == 0)
            let secret = try #require(added["secret"])
            let lists = [["client", "list"], ["client", "list", "--format", "json"]]
            for arguments in [["client", "show", "billing"]] + lists {
                let run = try await fixture.run(arguments + ["--data-dir", fixture.folder.path])
                #expect(run.code == 0 && !run.output.contains(secret))
            }
            let rotated = try await fixture.run("client", "rotate-secret", "billing")
            #expect(rotated.lines.count == 1 && rotated.lines.first != secret)
            let changed = try await fixture.run("client", "update", "billing", "--access-ttl", "2m")
            #expect(changed["access ttl"] == "2m")
            let back = try await fixture.run("client", "update", "billing", "--access-ttl", "default")
            #expect(back["access ttl"] == "(the issuer's)")
            #expect(try await fixture.run("client", "delete", "billing", "--yes").code == 0)
        }
    }

    @Test func `the next step of a client is what it can do`() async throws {
        let fixture = try CommandLineFixture()
        let clients: [(options: [String], next: String)] = [
            (["--public", "--first-party"], "token login --client c0"),
            (["--confidential", "--grant", "client_credentials"], "its tokens come from POST /oauth2/token"),
            (["--confidential"], "needs a redirect URI"),
            (["--public", "--redirect-uri", "https://app.example.com/cb"], "/.well-known/openid-configuration"),
            (["--confidential", "--redirect-uri", "https://app.example.com/cb"], "/.well-known/openid-configuration"),
        ]
        for (number, client) in clients.enumerated() {
            let place = ["--data-dir", fixture.folder.path]
            let added = try await fixture.run(["client", "add", "c\(number)"] + client.options + place)
            #expect(added.code == 0 && added.lastLine.hasPrefix("Next: "))
            #expect(added.lastLine.contains(client.next), "\(added.lastLine)")
        }
    }

    @Test func `a client's login page is set, shown, refused when it is none, and taken away`() async throws {
        try await bothWays { fixture in
            let added = try await fixture.run(
                "client", "add", "web", "--public", "--first-party", "--origin", "https://auth.example.com",
                "--redirect-uri", "https://app.example.org/latchkey/callback", "--login-uri",
                "https://auth.example.com/login")
            #expect(added.code == 0)
            #expect(added["login URI"] == "https://auth.example.com/login")
            let refused = try await fixture.run("client", "update", "web", "--login-uri", "http://auth.example.com/")
            #expect(refused.code == 1 && refused.error.contains("login URI"))
            let moved = try await fixture.run("client", "update", "web", "--login-uri", "https://auth.example.com/in")
            #expect(moved["login URI"] == "https://auth.example.com/in")
            let json = try await fixture.run("client", "show", "web", "--format", "json")
            #expect(json.output.contains(#""login_uri""#))
            #expect(
                try await fixture.run("client", "update", "web", "--login-uri", "none")["login URI"]
                    != moved["login URI"])
        }
    }

    @Test func `an import tells each bad line, imports the good ones and can be repeated`() async throws {
        let fixture = try CommandLineFixture()
        let hash = try await fixture.run("password", "hash", "--password-stdin", input: CommandLineFixture.password)
        let phc = try #require(hash.lines.first)
        var lines = (1...700).map { "{\"name\":\"user\($0)\",\"password_hash\":\"\(phc)\"}" }
        lines += ["", "junk", "{\"name\":\"carl\",\"password_hash\":\"nonsense\"}"]
        lines += ["{\"name\":\"dora\",\"password_hash\":\"\(phc)\",\"must_change\":true}"]
        lines += ["{\"name\":\"eve\",\"password_hash\":\"{SSHA}T8Pb3vRN734kNkCiqPeDwexnL/aLMQZg\"}"]
        let file = fixture.folder.file("users.jsonl")
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))

        let dry = try await fixture.run("user", "import", file, "--dry-run")
        #expect(dry.output == "700 would be imported, 0 exist already, 4 refused.\n")
        #expect(try await fixture.run("user", "list").lines.count == 1)

        let real = try await fixture.run("user", "import", file)
        #expect(real.code == 1)
        #expect(real.output == "700 imported, 0 exist already, 4 refused.\n")
        #expect(real.error.contains("line 702: ") && real.error.contains("line 703: "))
        #expect(real.error.contains("line 704: has an unknown member; the known ones are name, "))
        #expect(real.error.contains("must_change_password"))
        #expect(real.error.contains("line 705: ") && real.error.contains("{SSHA}"))
        #expect(!real.error.contains(phc))
        #expect(try await fixture.run("user", "import", file).output == "0 imported, 700 exist already, 4 refused.\n")
        #expect(try await fixture.run("user", "list").lines.count == 701)
    }

    @Test func `an import names the member that is wrong, and quotes no value`() async throws {
        let fixture = try CommandLineFixture()
        let hash = try await fixture.run("password", "hash", "--password-stdin", input: CommandLineFixture.password)
        let phc = try #require(hash.lines.first)
        let rests = [
            #""roles":"hush""#, #""roles":["a",1]"#, #""disabled":"true""#, #""must_change_password":1"#,
            #""name":null"#,
            #""name":7"#, #""password_hash":["hush"]"#,
        ]
        let members = ["roles", "roles", "disabled", "must_change_password", "name", "name", "password_hash"]
        var lines = zip(rests, members).map { rest, member in
            "{" + (member == "name" ? "" : #""name":"a","#)
                + (member == "password_hash" ? rest : "\(rest),\"password_hash\":\"\(phc)\"") + "}"
        }
        lines += [#"{"name":"hush"}"#, "{\"password_hash\":\"\(phc)\"}", #"["hush"]"#, #"{"name":"hush","#]
        let run = try await fixture.run("user", "import", "-", input: lines.joined(separator: "\n"))
        #expect(run.code == 1 && run.output == "0 imported, 0 exist already, 11 refused.\n")
        for (number, member) in members.enumerated() {
            let start = "line \(number + 1): has a wrong value in the member \(member): it must be "
            #expect(run.error.contains(start), "\(run.error)")
        }
        #expect(run.error.contains("line 8: lacks the member password_hash."))
        #expect(run.error.contains("line 9: lacks the member name."))
        #expect(
            run.error.contains("line 10: is not a JSON object") && run.error.contains("line 11: is not a JSON object"))
        #expect(!run.error.contains("hush") && !run.error.contains(phc))
    }

    @Test func `a file that cannot be read is told with the system's reason`() async throws {
        let fixture = try CommandLineFixture()
        let none = fixture.folder.file("none")
        for (file, reason) in [(none, "No such file or directory"), (fixture.folder.path, "Is a directory")] {
            let users = try await fixture.run("user", "import", file)
            #expect(users.code == 1 && users.error == "latchkey: Cannot read \(file): \(reason).\n")
            let config = try await fixture.run("config", "check", "--config", file)
            #expect(config.code == 1 && config.error.contains("Cannot read \(file): \(reason)."), "\(config.error)")
        }
    }
}
