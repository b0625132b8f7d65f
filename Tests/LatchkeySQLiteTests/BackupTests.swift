import Foundation
import GRDB
import LatchkeyCore
import LatchkeyTokens
import StoreConformance
import Synchronization
import Testing

@testable import LatchkeySQLite

struct BackupTests {
    private func revokeAll(_ store: SQLiteStore) async throws {
        _ = try await store.revoke(
            RevocationOrder(.token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator))
    }

    @Test func `a backup is a sound copy of that instant, for its owner alone`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(store.file, to: copy)
        try await revokeAll(store)
        #expect(try DatabaseCheck.run(DatabaseFile(path: copy)) == [])
        let attributes = try FileManager.default.attributesOfItem(atPath: copy)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let queue = try DatabaseFile(path: copy).openReader()
        #expect(try await queue.read { try $0.integer("SELECT last_seq FROM revocation_state") } == 1)
        try queue.close()
        await store.shutdown()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == [
                "copy.sqlite", "latchkey.sqlite",
            ])
    }

    @Test func `a backup does not overwrite a file`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let copy = place.folder + "/copy.sqlite"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: copy))
        #expect(throws: Refusal(.conflict, "")) { try DatabaseCopy.backUp(store.file, to: copy) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data("mine".utf8))
        await store.shutdown()
    }

    @Test func `a restored database continues the sequence and keeps the clock floor`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(store.file, to: copy)
        for _ in 0..<4 { try await revokeAll(store) }
        let floor = try await store.revocationState().clockFloor
        await store.shutdown()
        try SQLiteStore.restoreFile(from: copy, settings: place.settings)
        let observer = RecordingObserver()
        let restored = try place.open(observer: observer)
        #expect(try await restored.revocationState().lastSequence == 5)
        #expect(try await restored.revocationState().clockFloor == floor)
        #expect(try await restored.revocations(after: 0, limit: 10).map(\.entry.sequence) == [1])
        try await revokeAll(restored)
        #expect(observer.records.map(\.entry.sequence) == [6])
        await restored.shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a damaged or foreign backup leaves the database as it is`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        await store.shutdown()
        let garbage = place.folder + "/garbage.sqlite"
        try Data(repeating: 0x42, count: 8192).write(to: URL(fileURLWithPath: garbage))
        #expect(throws: StoreUnavailable.self) {
            try SQLiteStore.restoreFile(from: garbage, settings: place.settings)
        }
        let foreign = place.folder + "/foreign.sqlite"
        let queue = try DatabaseQueue(path: foreign)
        try await queue.write { try $0.execute(sql: "CREATE TABLE x (y)") }
        try queue.close()
        #expect(throws: MigrationError.foreign) {
            try SQLiteStore.restoreFile(from: foreign, settings: place.settings)
        }
        #expect(throws: Refusal(.notFound, "")) {
            try SQLiteStore.restoreFile(from: place.folder + "/none", settings: place.settings)
        }
        let again = try place.open()
        #expect(try await again.revocationState().lastSequence == 1)
        await again.shutdown()
        #expect(!FileManager.default.fileExists(atPath: place.path + ".restoring"))
    }

    @Test func `a check names what is wrong`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        #expect(try place.problems() == [])
        await store.shutdown()
        try place.edit { database in
            try database.run("UPDATE revocation_state SET last_seq = 0")
            try database.run("UPDATE session_count SET sessions = 3")
        }
        #expect(try place.problems().count == 2)
    }

    @Test func `a clock that was wrong can be reset, and what it wrote is taken back`() async throws {
        let place = try DatabasePlace()
        let right = Timestamp(seconds: 1_795_420_800)
        let now = Mutex(right + .seconds(400 * 86400))
        let clock = Clock(now: { now.withLock { $0 } }, sleep: { _ in })
        let store = try place.open(clock: clock)
        let client = Client(id: try #require(ClientID("app")), kind: .public, grants: [], createdAt: right)
        try await store.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: right, actor: .operator))
        guard case .granted = try await store.issueForClient(client.id) else {
            Issue.record("not issued")
            return
        }
        _ = try await store.revoke(RevocationOrder(.client(client.id), reason: .admin, actor: .operator))
        now.withLock { $0 = right }
        guard case .clockSetBack = try await store.issueForClient(client.id) else {
            Issue.record("issued with a clock that was set back")
            return
        }
        try await store.resetClockFloor(to: right, actor: .operator)
        #expect(try await store.revocationState().clockFloor == right)
        #expect(try await store.revocations(after: 0, limit: 10).isEmpty)
        now.withLock { $0 = right + .seconds(1) }
        guard case .granted(_, let issuedAt, _) = try await store.issueForClient(client.id) else {
            Issue.record("still refused")
            return
        }
        #expect(issuedAt == right + .seconds(1))
        await store.shutdown()
        #expect(try place.problems() == [])
    }
}
