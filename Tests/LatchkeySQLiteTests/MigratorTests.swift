import Foundation
import LatchkeyCore
import LatchkeyMigrations
import LatchkeyTokens
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

struct MigratorTests {
    private let now = Timestamp(seconds: 1_795_420_800)

    private func schema(_ database: Database) throws -> [String] {
        try database.all("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name") { row -> String in row[0]
        }
    }

    @Test func `the index lists exactly the files of the folder`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Migrations/sqlite")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(files == Migrations.sqlite.map(\.fileName))
        for migration in Migrations.sqlite {
            let text = try String(contentsOf: folder.appendingPathComponent(migration.fileName), encoding: .utf8)
            #expect(migration.sql == text)
        }
        #expect(Migrations.sqlite.map(\.version) == Array(1...Migrations.sqlite.count))
    }

    @Test(arguments: 0..<Migrations.sqlite.count)
    func `every earlier state is brought up to date`(applied: Int) async throws {
        let fresh = try DatabasePlace()
        try await fresh.open().shutdown()
        let place = try DatabasePlace()
        if applied > 0 {
            try place.edit { database in
                try Migrator(Array(Migrations.sqlite.prefix(applied))).run(on: database, applyPending: true, now: now)
            }
        }
        try await place.open().shutdown()
        var expected: [String] = []
        try fresh.edit { expected = try schema($0) }
        try place.edit { try #expect(schema($0) == expected) }
        #expect(try place.problems() == [])
    }

    @Test func `hashes that were imported before any was measured count as the slowest`() async throws {
        for (hash, cost) in [("$argon2id$v=19$m=64,t=1,p=1$c2FsdA$dGFn", nil), ("$2b$12$abc", Duration.seconds(1))] {
            let place = try DatabasePlace()
            let before = Migrations.sqlite.filter { $0.version < 12 }
            try place.edit { database in
                try Migrator(before).run(on: database, applyPending: true, now: now)
                let id = [UInt8](repeating: 7, count: 16)
                try database.run(
                    """
                    INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
                    VALUES (?, 'ada', 'ada', '', 0, 0, 1)
                    """, [id])
                try database.run("INSERT INTO passwords VALUES (?, ?, 1, 1)", [id, hash])
            }
            let store = try place.open()
            #expect(try await store.slowestForeignHash() == cost)
            await store.shutdown()
        }
    }

    @Test func `an older database is refused unless migrating is allowed`() throws {
        let place = try DatabasePlace()
        try place.edit { database in
            try Migrator(Array(Migrations.sqlite.prefix(2))).run(on: database, applyPending: true, now: now)
        }
        var settings = place.settings
        settings.schema = .requireCurrent
        let error = try #require(#expect(throws: MigrationError.self) { _ = try place.open(settings) })
        #expect(error == .pending(applied: 2, known: Migrations.sqlite.count))
        #expect(error.description.contains("latchkey db migrate"))
    }

    @Test func `a database that does not exist is created in full by any command`() async throws {
        let place = try DatabasePlace()
        var settings = place.settings
        settings.schema = .requireCurrent
        try await place.open(settings).shutdown()
        try await place.open(settings).shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a newer database is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        let known = Migrations.sqlite.count
        try place.edit {
            try $0.run("INSERT INTO schema_migrations VALUES (?, 'future', 'x', 0)", [known + 1])
        }
        #expect(throws: MigrationError.newer(applied: known + 1, known: known)) { _ = try place.open() }
    }

    @Test func `an altered migration is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        try place.edit { try $0.run("UPDATE schema_migrations SET checksum = 'x' WHERE version = 3") }
        #expect(throws: MigrationError.altered(version: 3, name: "sessions")) { _ = try place.open() }
    }

    @Test func `a missing migration is refused`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        try place.edit { try $0.run("DELETE FROM schema_migrations WHERE version = 3") }
        #expect(throws: MigrationError.gap(version: 3)) { _ = try place.open() }
    }

    @Test func `a database of another program is refused and left alone`() throws {
        let place = try DatabasePlace()
        try place.edit { try $0.run("CREATE TABLE something_else (x)") }
        #expect(throws: MigrationError.foreign) { _ = try place.open() }
        try place.edit { database in
            try #expect(schema(database) == ["CREATE TABLE something_else (x)"])
            let mode = try database.first("PRAGMA journal_mode") { row -> String in row[0] }
            #expect(mode == "delete")
        }
    }

    @Test func `a migration that fails leaves nothing of itself`() throws {
        let place = try DatabasePlace()
        let broken = Migration(
            version: 2, name: "broken", bytes: Array("CREATE TABLE half (x); CREATE TABLE half (x);".utf8))
        try place.edit { database in
            let migrator = Migrator([Migrations.sqlite[0], broken])
            #expect(throws: DatabaseError.self) { try migrator.run(on: database, applyPending: true, now: now) }
            let applied = try migrator.appliedCount(in: database)
            #expect(applied == 1)
            let isHalfDone = try database.tableExists("half")
            #expect(!isHalfDone)
        }
    }

    @Test func `a file that is no database is refused with a sentence`() throws {
        let place = try DatabasePlace()
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: place.path))
        let error = try #require(#expect(throws: StoreUnavailable.self) { _ = try place.open() })
        #expect(error.description.contains("damaged"))
    }
}
