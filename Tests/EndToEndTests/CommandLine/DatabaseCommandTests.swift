import Foundation
import TestSupport
import Testing

/// One directory, one writer; and what is done to a database while nobody writes.
struct DatabaseCommandTests {
    @Test func `a second server refuses and names the holder`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        let run = try await fixture.run("serve", "--listen", "127.0.0.1:\(try ServerProcess.freePort())")
        #expect(run.code == 1)
        #expect(run.error.contains("process \(server.processID)"))
    }

    @Test(.onSQLite) func `what needs the server stopped refuses beside it`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        let backup = fixture.folder.file("backup")
        #expect(try await fixture.run("db", "backup", backup).code == 0)
        #expect(try await fixture.run("db", "check").code == 0)
        for arguments in [["db", "migrate"], ["db", "restore", backup, "--yes"], ["db", "reset-clock", "--yes"]] {
            let run = try await fixture.run(arguments + ["--data-dir", fixture.folder.path])
            #expect(run.code == 1)
            #expect(run.error.contains("is in use by process \(server.processID)"))
        }
    }

    @Test func `a killed server leaves a directory that the next command can use`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        try await fixture.populate()
        server.killHard()
        #expect(FileManager.default.fileExists(atPath: fixture.folder.file("latchkey.sock")))
        #expect(try await fixture.run("user", "list").lines.count == 2)
    }

    @Test(.onSQLite) func `a database that is made by migrating it can be opened afterwards`() async throws {
        let fixture = try CommandLineFixture()
        #expect(try await fixture.run("db", "migrate").code == 0)
        #expect(FileManager.default.fileExists(atPath: fixture.folder.file("master.key")))
        #expect(try await fixture.run("client", "add", "one", "--public").code == 0)
        #expect(try await fixture.run("db", "migrate").lines.contains("The schema is up to date."))
    }

    @Test func `commands without a server take turns`() async throws {
        let fixture = try CommandLineFixture()
        let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 1...4 {
                group.addTask { try await fixture.run("client", "add", "c\(number)", "--public").code }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [0, 0, 0, 0])
        #expect(try await fixture.run("client", "list").lines.count == 5)
    }

    @Test func `a data directory with a long path works with and without a server`() async throws {
        let fixture = try CommandLineFixture()
        let long = fixture.folder.path + "/" + String(repeating: "x", count: 120)
        #expect(try await fixture.run("client", "add", "one", "--public", dataDirectory: long).code == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: long)[.posixPermissions] as? Int
        #expect(mode == 0o700)
        let configuration = ["LATCHKEY_DATA_DIR": long]
        #expect(try await fixture.run(["client", "list"], environment: configuration).lines.count == 2)
    }

    @Test(.onSQLite) func `a restore brings back the backup's accounts, ends sessions and keeps what it replaced`()
        async throws
    {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let backup = fixture.folder.file("backup")
        #expect(try await fixture.run("db", "backup", backup).code == 0)
        let taken = try await fixture.run("db", "backup", backup)
        #expect(taken.code == 1 && taken.error.contains("exists"))
        #expect(try await fixture.run("user", "delete", "alice", "--yes").code == 0)
        let unsure = try await fixture.run("db", "restore", backup)
        #expect(unsure.code == 1 && unsure.error.contains("--yes"))
        #expect(try await fixture.run("user", "list").lines.count == 1)

        let restored = try await fixture.run("db", "restore", backup, "--yes")
        #expect(restored.code == 0, "\(restored.error)")
        #expect(restored.output.contains("All sessions have ended"))
        #expect(try await fixture.run("user", "list").lines.count == 2)
        #expect(try await fixture.run("revocations", "list").output.contains("restored"))
        #expect(FileManager.default.fileExists(atPath: fixture.folder.file("latchkey.sqlite.replaced")))
    }

    @Test(.onSQLite) func `a backup under another master key is taken out again`() async throws {
        let other = try CommandLineFixture()
        try await other.populate()
        let backup = other.folder.file("backup")
        #expect(try await other.run("db", "backup", backup).code == 0)

        let fixture = try CommandLineFixture()
        #expect(try await fixture.run("client", "add", "mine", "--public").code == 0)
        let run = try await fixture.run("db", "restore", backup, "--yes")
        #expect(run.code == 1)
        #expect(run.error.contains("master key"))
        #expect(try await fixture.run("client", "list").output.contains("mine"))
    }

    @Test(.onSQLite) func `a file that is no backup changes nothing`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let file = fixture.folder.file("junk")
        try Data(repeating: 0x41, count: 5000).write(to: URL(filePath: file))
        #expect(try await fixture.run("db", "restore", file, "--yes").code == 1)
        #expect(try await fixture.run("user", "list").lines.count == 2)
    }

    @Test func `a master key that others can read is refused`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let key = fixture.folder.file("master.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let run = try await fixture.run("user", "list")
        #expect(run.code == 1)
        #expect(run.error.contains(key))
    }

    @Test func `following the log needs a server`() async throws {
        let fixture = try CommandLineFixture()
        for log in ["revocations", "audit"] {
            let run = try await fixture.run(log, "tail")
            #expect(run.code == 1 && run.error.contains("No server runs"))
        }
    }
}
