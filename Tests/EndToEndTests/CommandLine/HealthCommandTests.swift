import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// `latchkey health`, which is what a container's health check runs.
struct HealthCommandTests {
    @Test func `it is 0 while a server is ready and 1 when none runs`() async throws {
        let fixture = try CommandLineFixture()
        let before = try await fixture.run("health")
        #expect(before.code == 1 && before.error.contains("No server runs"))
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("latchkey.sqlite")), "it makes nothing")

        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        // The server may have had its issuer and addresses by flags: the directory is all that is needed here.
        let during = try await fixture.run(
            ["health", "--data-dir", fixture.folder.path], environment: ["LATCHKEY_LISTEN": "0.0.0.0:8080"])
        #expect(during.code == 0 && during.output == "The server is ready.\n")

        server.killHard()
        let after = try await fixture.run("health")
        #expect(after.code == 1, "the socket's file is still there")
    }

    @Test func `what is wrong is said when the server is not ready`() async throws {
        let fixture = try CommandLineFixture()
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            _ = try await server.addUser()
            try await server.addClient()
            #expect(try await server.login().status == 200)
            clock.set(clock.now + .seconds(-600))
            let run = try await fixture.run("health", dataDirectory: server.folder.path)
            #expect(run.code == 1 && run.output.isEmpty)
            #expect(run.error.hasPrefix("latchkey: The clock is behind"), "\(run.error)")
        }
    }
}
