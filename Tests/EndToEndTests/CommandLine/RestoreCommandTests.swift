import Foundation
import TestSupport
import Testing

/// A backup is judged before anything of the data directory changes.
@Suite(.onSQLite) struct RestoreCommandTests {
    /// Every file of the folder with its content.
    private func contents(_ folder: TemporaryFolder) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            contents[name] = FileManager.default.contents(atPath: folder.file(name)) ?? Data("a folder".utf8)
        }
        // The lock names its last holder, the shared memory its last reader.
        contents["latchkey.lock"] = nil
        contents["latchkey.sqlite-shm"] = nil
        return contents
    }

    @Test func `an empty, cut, foreign or missing backup is refused by its name and changes no byte`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let elsewhere = try TemporaryFolder()
        let backup = elsewhere.file("good")
        #expect(try await fixture.run("db", "backup", backup).code == 0)
        let bytes = try Data(contentsOf: URL(filePath: backup))
        try Data().write(to: URL(filePath: elsewhere.file("empty")))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: elsewhere.file("half")))
        try Data("other".utf8).write(to: URL(filePath: elsewhere.file("text")))
        let before = try contents(fixture.folder)
        let files = ["empty", "half", "text", "none"].map { elsewhere.file($0) }
        for file in files + [elsewhere.path, fixture.folder.file("latchkey.sqlite")] {
            let run = try await fixture.run("db", "restore", file, "--yes")
            #expect(run.code == 1 && run.output.isEmpty, "\(file)")
            #expect(run.error.hasPrefix("latchkey: The backup \(file) cannot be used: "), "\(run.error)")
            #expect(try contents(fixture.folder) == before, "\(file)")
            let check = try await fixture.run("db", "check", file)
            #expect(file.hasSuffix("latchkey.sqlite") ? check.code == 0 : check.error.contains("The backup \(file)"))
            #expect(try contents(fixture.folder) == before, "\(file)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).count == 4)
        #expect(try await fixture.run("db", "check", backup).lines == ["The backup is sound."])
        #expect(try await fixture.run("db", "restore", backup, "--yes").code == 0)
        #expect(try await fixture.run("user", "list").lines.count == 2)
    }

    @Test func `a backup under another master key is refused before the database is touched`() async throws {
        let other = try CommandLineFixture()
        try await other.populate()
        let backup = other.folder.file("backup")
        #expect(try await other.run("db", "backup", backup).code == 0)
        let fixture = try CommandLineFixture()
        #expect(try await fixture.run("client", "add", "mine", "--public").code == 0)
        let before = try contents(fixture.folder)
        let run = try await fixture.run("db", "restore", backup, "--yes")
        #expect(
            run.code == 1 && run.error.contains("The backup \(backup) cannot be used: it is sealed with a different"))
        #expect(try contents(fixture.folder) == before)
        // A check that called it sound would be believed until the day it is needed.
        let check = try await fixture.run("db", "check", backup)
        #expect(check.code == 1 && check.output.isEmpty && check.error == run.error, "\(check.output)")
        #expect(try contents(fixture.folder) == before)
        let empty = try CommandLineFixture()
        let untried = try await empty.run("db", "check", backup)
        #expect(untried.code == 0 && untried.lines.first == "The backup is sound.")
        #expect(untried.lines.last?.hasPrefix("The master key was not tried on it: ") == true, "\(untried.output)")
        #expect(untried.lines.last?.contains("master.key") == true, "\(untried.output)")
        #expect(try contents(empty.folder).isEmpty, "it makes no key")
    }

    @Test func `a restore that is killed anywhere leaves the old database or the new one, whole`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let elsewhere = try TemporaryFolder()
        let backup = elsewhere.file("good")
        #expect(try await fixture.run("db", "backup", backup).code == 0)
        // In the old database alone: the account tells which one there is.
        #expect(
            try await fixture.run("user", "add", "bob", "--password-stdin", input: CommandLineFixture.password).code
                == 0)
        var killed = 0
        let calls = [
            ("rename", [1, 2]), ("link", [1]), ("unlink", [1, 4, 9]), ("fsync", [1, 2]), ("fdatasync", [1, 3]),
        ]
        for (call, numbers) in calls {
            for number in numbers {
                let folder = try TemporaryFolder()
                for name in ["latchkey.sqlite", "master.key"] {
                    try FileManager.default.copyItem(atPath: fixture.folder.file(name), toPath: folder.file(name))
                }
                let log = elsewhere.file("trace")
                let child = try ChildProcess(
                    [
                        "/usr/bin/strace", "-f", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=KILL:when=\(number)", ServerProcess.binary, "db", "restore", backup,
                        "--yes",
                        "--data-dir", folder.path,
                    ], environment: ["LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "64"], output: log, error: log)
                let code = try await child.exit()
                if code != 0 { killed += 1 }
                let cheap = CommandLineFixture(folder: folder)
                let list = try await cheap.run("user", "list")
                #expect([2, 3].contains(list.lines.count), "\(call) \(number): \(list.error)")
                #expect(try await cheap.run("db", "check").code == 0, "\(call) \(number)")
            }
        }
        #expect(killed >= 5, "the kills have to hit")
    }
}
