import Foundation
import TestSupport
import Testing

/// Commands about several nodes on a database that has one server.
@Suite(.onSQLite) struct SQLiteOnlyCommandTests {
    @Test(arguments: [
        ["nodes"], ["db", "settle", "--moved", "--yes"], ["db", "copy", "--to", "postgres"], ["db", "copy", "--undo"],
    ])
    func `what is about PostgreSQL says so on SQLite`(arguments: [String]) async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let run = try await fixture.run(arguments + ["--data-dir", fixture.folder.path])
        #expect(run.code == 1 && run.output.isEmpty, "\(run.output)")
        #expect(run.error.contains("SQLite"), "\(run.error)")
        #expect(try await fixture.run("user", "list").lines.count == 2)
    }
}
