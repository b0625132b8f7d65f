import Foundation
import Glibc
import TestSupport
import Testing

/// What is said when the data directory's server cannot be asked: it has stalled, or this user may not.
struct UnreachableServerTests {
    @Test func `a server that has stalled is told in a sentence, soon, and its clients do not wait for ever`()
        async throws
    {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        try await fixture.populate()
        let users = fixture.folder.file("users.jsonl")
        try Data(#"{"name":"bob","password_hash":"$2b$12$x"}"#.utf8).write(to: URL(filePath: users))
        kill(server.processID, SIGSTOP)
        defer { kill(server.processID, SIGCONT) }
        let login = ["token", "login", "--client", "web", "--user", "alice", "--password-stdin"]
        async let health = fixture.run("health")
        async let list = fixture.run("user", "list")
        async let change = fixture.run("user", "disable", "alice")
        async let long = fixture.run("keys", "rotate")
        async let chunk = fixture.run("user", "import", users)
        async let token = fixture.run(login + ["--data-dir", fixture.folder.path], input: CommandLineFixture.password)
        let start = "latchkey: The running server did not answer within "
        let quick = try await health
        #expect(quick.code == 1 && quick.error.hasPrefix(start + "5 s: "), "\(quick.error)")
        for run in try await [list, change, long, chunk, token] {
            #expect(run.code == 1 && run.output.isEmpty && run.error.hasPrefix(start + "30 s: "), "\(run.error)")
            #expect(!run.error.contains("deadlineExceeded") && !run.error.contains("HTTPClient"), "\(run.error)")
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can be another user"), arguments: [0o700, 0o755])
    func `every command reports a wrong user, and nothing else`(mode: Int) async throws {
        let fixture = try CommandLineFixture()
        let elsewhere = try TemporaryFolder()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        try await fixture.populate()
        // The paths are live, NUL-terminated copies for the calls.
        #expect(unsafe chmod(fixture.folder.path, mode_t(mode)) == 0)
        #expect(unsafe chmod(elsewhere.path, 0o777) == 0)
        // In the build folder the program may be out of the other user's reach. Copied by a process of its own: a child that
        // another test starts meanwhile would have this one's file open for writing, and then nobody may run it.
        let binary = elsewhere.file("latchkey")
        #expect(try await ChildProcess(["cp", ServerProcess.binary, binary]).exit() == 0)
        // On PostgreSQL these have nothing to do with the folder.
        let onFiles = TestStore.isPostgres ? [] : [["db", "check"], ["db", "backup", elsewhere.file("copy")]]
        let commands =
            onFiles + [
                ["health"], ["user", "list"],
                ["token", "login", "--client", "web", "--user", "alice", "--password-stdin"],
            ]
        for command in commands {
            let output = elsewhere.file(UUID().uuidString)
            let child = try ChildProcess(
                [
                    "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary,
                ] + command + ["--data-dir", fixture.folder.path],
                environment: try await TestStore.environment([:], for: fixture.folder), output: output, error: output)
            let code = try await child.exit()
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(code == 1, "\(command)")
            #expect(text.hasPrefix("latchkey: Permission denied for \(fixture.folder.path)"), "\(command): \(text)")
            #expect(text.hasSuffix(": run the command as the server's user.\n"), "\(command): \(text)")
        }
        #expect(try await server.terminate() == 0)
    }
}
