import Foundation
import TestSupport
import Testing

/// Every name that can be made can be managed by name, whatever it would mean in a path, a query or a shell.
struct NameCommandTests {
    static let names = [
        "tom/admin", "DOM\\name", ".", "..", "<b>x</b>", "import", "a b  c", "%2e%2e", "a?b#c", "a&limit=1",
        "\u{1F511}\u{1F468}\u{200D}\u{1F469}",
        "e\u{301}\u{323}", "'\u{301}$(touch x)'\u{301}", "x/disable", "+1", "-x", "--yes",
    ]

    @Test(arguments: names)
    func `a user of any name is shown, changed, disabled, enabled, revoked, listed and deleted by it`(
        name: String
    ) async throws {
        let fixture = try CommandLineFixture()
        let environment = ["LATCHKEY_DATA_DIR": fixture.folder.path]
        let password = CommandLineFixture.password + "\n"
        func run(_ words: String..., input: String = "") async throws -> CommandRun {
            try await fixture.run(words + ["--", name], input: input, environment: environment)
        }
        let decoy = try await fixture.run("user", "add", "decoy", "--password-stdin", input: password)
        #expect(decoy.code == 0)
        let added = try await run("user", "add", "--password-stdin", input: password)
        #expect(added.code == 0, "\(added.error)")
        let id = try #require(added["id"])
        #expect(try await run("user", "show")["id"] == id)
        #expect(try await run("user", "update", "--role", "editor")["id"] == id)
        #expect(try await run("user", "set-password", "--password-stdin", input: password).code == 0)
        #expect(try await run("user", "disable").code == 0)
        #expect(try await fixture.run("user", "show", id)["state"] == "disabled")
        #expect(try await fixture.run("user", "show", "decoy")["state"] == "active")
        #expect(try await run("user", "enable").code == 0)
        #expect(try await run("revoke", "user").code == 0)
        let listed = try await fixture.run("session", "list", "--user=\(name)")
        #expect(listed.code == 0, "\(listed.error)")
        #expect(try await run("user", "delete", "--yes").code == 0)
        #expect(try await run("user", "show").code == 1)
        let audit = try await fixture.run("audit", "list", "--user=\(name)", "--format", "json")
        #expect(audit.code == 0 && audit.output.contains("user.deleted") && audit.output.contains(id), "\(audit.error)")
        #expect(!audit.output.contains("decoy"))
        #expect(try await fixture.run("user", "list").lines.count == 2, "the other one is still there")
    }

    @Test func `an empty name deletes nobody, and odd ids name no other path`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        #expect(try await fixture.run("user", "delete", "", "--yes").code == 1)
        #expect(try await fixture.run("audit", "list", "--user", "").code == 1)
        #expect(try await fixture.run("session", "list", "--client", "").code == 1)
        for odd in ["..", "../users/alice", "web/disable", "", "%2e"] {
            #expect(try await fixture.run("client", "delete", odd, "--yes").code == 1, "\(odd)")
            #expect(try await fixture.run("session", "revoke", odd).code == 1, "\(odd)")
            #expect(try await fixture.run("streams", "delete", odd).code == 1, "\(odd)")
        }
        #expect(try await fixture.run("user", "list").lines.count == 2)
        #expect(try await fixture.run("client", "show", "web")["state"] == "active")
    }
}
