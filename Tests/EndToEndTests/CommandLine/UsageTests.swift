import Foundation
import TestSupport
import Testing

/// What the command line does before it touches anything.
struct UsageTests {
    @Test(arguments: [
        ["bogus"], ["user", "add"], ["user", "add", "a", "--password", "x"], ["client", "add", "x"],
        ["client", "add", "x", "--public", "--confidential"], ["revoke", "bogus", "x"], ["revoke", "all", "x"],
        ["revoke", "user"], ["keys", "rotate", "--only", "k"], ["user", "update", "a"],
        ["client", "add", "x", "--public", "--access-ttl", "5 minutes"], ["token", "decode", "a.b.c"],
        ["user", "list", "--format", "xml"],
    ])
    func `wrong usage ends with 2, says so on standard error and makes nothing`(arguments: [String]) async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run(arguments)
        #expect(run.code == 2)
        #expect(run.output.isEmpty)
        #expect(run.error.contains("Usage:"))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("latchkey.sqlite")))
    }

    @Test(arguments: ["verify", "decode"])
    func `a misspelt option is named, and its value is not taken for a token`(command: String) async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run(["token", command, "--audiance", "https://api.example"], input: "x")
        #expect(run.code == 2 && run.output.isEmpty)
        #expect(
            run.error.contains("Unknown option '--audiance'") && !run.error.contains("can see a token"), "\(run.error)")
        let stray = try await fixture.run(["token", command, "a.b.c"], input: "x")
        #expect(stray.code == 2 && stray.error.contains("can see a token on the command line"), "\(stray.error)")
    }

    @Test func `every command's help teaches with an example`() async throws {
        let fixture = try CommandLineFixture()
        var commands: [[String]] = [[]]
        var seen = 0
        while let command = commands.popLast() {
            let run = try await fixture.run(command + ["--help"])
            seen += 1
            #expect(run.code == 0 && run.error.isEmpty)
            #expect(run.output.contains("  latchkey " + command.joined(separator: " ")), "\(command)")
            let listed = run.lines.drop { !$0.hasSuffix("SUBCOMMANDS:") }
            for line in listed where line.hasPrefix("  ") && !line.hasPrefix("   ") {
                guard let name = line.split(separator: " ").first,
                    name.allSatisfy({ $0.isLowercase || $0 == "-" })
                else { continue }
                commands.append(command + [String(name)])
            }
        }
        #expect(seen >= 60, "the walk missed commands")
    }

    @Test func `a secret is not read where there is no terminal to ask on`() async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run("user", "add", "alice")
        #expect(run.code == 2)
        #expect(run.error.contains("--password-stdin"))
    }

    @Test func `a configuration error names key, value and range`() async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run("user", "list", environment: ["LATCHKEY_TOKENS_ACCESS_TTL": "5h"])
        #expect(run.code == 1)
        #expect(
            run.error == "latchkey: `tokens.access_ttl` is 5h (from LATCHKEY_TOKENS_ACCESS_TTL), "
                + "but must be a duration from 30s to 1h.\n")
    }
}
