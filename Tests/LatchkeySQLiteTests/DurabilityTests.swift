import Foundation
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

struct DurabilityTests {
    @Test func `the writer commits with synchronous FULL in WAL mode and checks foreign keys`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let pragmas = try await store.writer.perform { ledger in
            try ["synchronous", "foreign_keys", "wal_autocheckpoint"].map {
                try ledger.connection.integer("PRAGMA \($0)")
            }
        }.value
        #expect(pragmas == [2, 1, 0])
        let mode = try await store.readers.read { database in
            try database.first("PRAGMA journal_mode") { row -> String in row[0] }
        }
        #expect(mode == "wal")
        await store.shutdown()
    }

    @Test func `database, log and shared memory belong to their owner alone`() async throws {
        let place = try DatabasePlace()
        #expect(
            FileManager.default.createFile(
                atPath: place.path, contents: nil, attributes: [.posixPermissions: 0o644]))
        let store = try place.open()
        for file in [place.path, place.path + "-wal", place.path + "-shm"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(file)")
        }
        await store.shutdown()
        #expect(!FileManager.default.fileExists(atPath: place.path + "-wal"), "emptied and removed at the end")
    }

    @Test(arguments: [true, false])
    func `the write-ahead log stays bounded under many writes`(checkpointThread: Bool) async throws {
        let place = try DatabasePlace()
        var settings = place.settings
        settings.checkpointThread = checkpointThread
        settings.checkpointPages = 50
        settings.restartPages = 100
        settings.boundPages = 200
        let store = try place.open(settings)
        for _ in 0..<300 {
            _ = try await store.writer.perform { ledger in
                for _ in 0..<4 {
                    try ledger.audit.insert(
                        AuditEvent(
                            .tokenMinted, at: ledger.instant, actor: .operator,
                            details: ["x": String(repeating: "x", count: 3000)]))
                }
            }
        }
        let bytes = DatabaseFile.size(store.file.writeAheadLogPath)
        #expect(DatabaseFile.size(store.file.path) > 1_000 * 3_000, "pages have moved into the database")
        #expect(bytes < 600 * 4_120, "the log has \(bytes) bytes")
        await store.shutdown()
    }

    @Test func `a read that takes too long is ended and the reader goes on`() async throws {
        let place = try DatabasePlace()
        var settings = place.settings
        settings.readers = 1
        settings.readLimit = .seconds(1)
        let store = try place.open(settings)
        await #expect(throws: StoreUnavailable.self) {
            try await store.readers.read { database in
                try database.integer(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
            }
        }
        #expect(try await store.clientsVersion() == 1)
        await store.shutdown()
    }

    @Test func `readers cannot write`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        await #expect(throws: StoreUnavailable.self) {
            try await store.readers.read { try $0.run("UPDATE client_state SET version = 9") }
        }
        await store.shutdown()
    }

    @Test func `no index covers a column that rotation writes`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let indexed = try await store.readers.read { database in
            try database.all(
                """
                SELECT c.name FROM pragma_index_list('sessions') i JOIN pragma_index_info(i.name) c
                """
            ) { row -> String? in row[0] }
        }
        let rotating: Set<String> = [
            "current_generation", "held_generation", "rotated_at", "rotated_from", "recoveries",
            "recovery_window_start",
        ]
        #expect(rotating.isDisjoint(with: indexed.compactMap(\.self)))
        await store.shutdown()
    }

    @Test func `the lookups of repeated events and of a session's trail use their indexes`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let plans = try await store.readers.read { database in
            try [
                "SELECT id FROM audit_events WHERE kind = 'a' AND network IS 'b' AND at > 1 AND kind IN ('login.failed', "
                    + "'login.throttled', 'refresh.refused', 'refresh.reused_elsewhere', 'client.authentication_failed')",
                "SELECT id FROM audit_events WHERE id < 5 AND session_id = x'00' ORDER BY id DESC",
                "SELECT s.id FROM sessions s WHERE s.id < x'00' AND s.user_id = x'00' ORDER BY s.id DESC",
            ].map { sql in
                try database.all("EXPLAIN QUERY PLAN \(sql)") { row -> String in row[3] }.joined(separator: "; ")
            }
        }
        #expect(plans[0].contains("audit_events_repeated"))
        #expect(plans[1].contains("audit_events_session") && !plans[1].contains("TEMP B-TREE"))
        #expect(plans[2].contains("sessions_user") && !plans[2].contains("TEMP B-TREE"))
        await store.shutdown()
    }
}
