import Foundation
import TestSupport
import Testing

/// `latchkey streams`, and what commands do to streams while no server runs.
struct StreamsCommandTests {
    @Test func `streams are listed with what waits and deleted, and a command without a server fills them`()
        async throws
    {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let added = try await fixture.run(
            "client", "add", "rp", "--confidential", "--grant", "client_credentials", "--scope", "latchkey:events")
        let secret = try #require(added["secret"], "\(added.error)")
        let server = try await ServerProcess(
            folder: fixture.folder, port: try ServerProcess.freePort(),
            configuration: ["LATCHKEY_SHARED_SIGNALS_ENABLED": "true"])
        let receiver = try await Receiver(server.http, client: "rp", secret: secret)
        let beside = try await fixture.run("streams", "list")
        #expect(beside.code == 0, "\(beside.error)")
        #expect(beside.lines.count == 2)
        let row = beside.lines[1].split(separator: " ").map(String.init)
        #expect(Array(row.prefix(5)) == [receiver.stream, "rp", "enabled", "0", "0"])
        #expect(try await server.terminate() == 0)

        #expect(try await fixture.run("user", "disable", "alice").code == 0)
        let alone = try await fixture.run("streams", "list", "--format", "json")
        #expect(alone.output.contains("\"pending\" : 2"), "\(alone.output)")
        #expect(try await fixture.run("streams", "delete", receiver.stream).code == 0)
        #expect(try await fixture.run("streams", "list").lines.count == 1)
        let again = try await fixture.run("streams", "delete", receiver.stream)
        #expect(again.code == 1)
        #expect(again.error.hasPrefix("latchkey: "))
    }
}
