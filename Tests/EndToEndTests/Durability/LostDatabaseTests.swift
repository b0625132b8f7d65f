import Foundation
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Somebody moves, replaces or removes files under a running server.
@Suite(.onSQLite, .endsHang)
struct LostDatabaseTests {
    enum Damage: CaseIterable {
        case renamedOver, removed, movedAway, logRemoved, indexRemoved

        func happen(in folder: TemporaryFolder) throws {
            let files = FileManager.default
            let database = folder.file("latchkey.sqlite")
            switch self {
            case .renamedOver:
                try Data("another file".utf8).write(to: URL(filePath: folder.file("other")))
                // The call reads live copies of the paths.
                #expect(unsafe rename(folder.file("other"), database) == 0)
            case .removed: try files.removeItem(atPath: database)
            case .movedAway: try files.moveItem(atPath: database, toPath: folder.file("elsewhere"))
            case .logRemoved: try files.removeItem(atPath: database + "-wal")
            case .indexRemoved: try files.removeItem(atPath: database + "-shm")
            }
        }
    }

    private static let login: [String: JSONValue] = [
        "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
    ]

    @Test(arguments: Damage.allCases)
    func `nothing is acknowledged into lost files, and the server stops and says why`(
        damage: Damage
    ) async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        let log = folder.file("server.log")
        let server = try await OwnServer(
            folder.path, output: log, error: log, configuration: ["LATCHKEY_LOG_LEVEL": "info"])
        #expect(try await server.http.post("/api/v1/login", json: Self.login).status == 200)
        try damage.happen(in: folder)
        let refused = try await server.http.post("/api/v1/login", json: Self.login)
        #expect(refused.status == 503, "\(refused.text)")
        #expect(refused["access_token"] == nil)
        let ready = try await server.http.get("/readyz")
        #expect(ready.status == 503)
        #expect(ready.text.contains("were moved, replaced or removed"), "\(ready.text)")
        #expect(try await server.child.exit() == 1)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains(" error latchkey: The database is gone; stopping lk.reason=the file "))
        #expect(text.contains("latchkey: Stopped because the file "))
    }

    @Test func `an idle server finds it by itself`() async throws {
        let folder = try TemporaryFolder()
        let log = folder.file("server.log")
        let server = try await OwnServer(folder.path, output: log, error: log)
        try Damage.removed.happen(in: folder)
        #expect(try await server.child.exit() == 1)
    }

    @Test func `commands beside the server do not look like damage`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let log = fixture.folder.file("server.log")
        let server = try await OwnServer(fixture.folder.path, output: log, error: log)
        for round in 0..<3 {
            #expect(try await fixture.run("db", "check").code == 0)
            #expect(try await fixture.run("db", "backup", fixture.folder.file("backup-\(round)")).code == 0)
            #expect(
                try await fixture.run(
                    "user", "add", "u\(round)", "--password-stdin", input: CommandLineFixture.password + "\n"
                ).code == 0)
        }
        #expect(try await server.http.get("/readyz").status == 200)
        #expect(try await server.stop() == 0)
    }

    @Test func `without its lock file the directory is still held`() async throws {
        let fixture = try CommandLineFixture()
        let log = fixture.folder.file("server.log")
        let server = try await OwnServer(fixture.folder.path, output: log, error: log)
        let lock = fixture.folder.file("latchkey.lock")
        try FileManager.default.removeItem(atPath: lock)
        let elsewhere = "127.0.0.1:\(try ServerProcess.freePort())"
        for command in [["serve", "--listen", elsewhere], ["db", "migrate"], ["db", "reset-clock", "--yes"]] {
            let second = try await fixture.run(command + ["--data-dir", fixture.folder.path])
            #expect(second.code == 1, "\(command)")
            #expect(second.error.contains("is in use by"), "\(second.error)")
        }
        #expect(!FileManager.default.fileExists(atPath: lock), "whoever is refused leaves no second lock behind")
        #expect(try await server.http.get("/readyz").status == 200)
        #expect(try await server.stop() == 0)
        // With the holder gone, the next one makes the file anew.
        #expect(try await fixture.run("db", "migrate").code == 0)
        #expect(FileManager.default.fileExists(atPath: lock))
    }
}
