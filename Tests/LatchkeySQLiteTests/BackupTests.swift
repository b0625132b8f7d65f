import Foundation
import LatchkeyCore
import LatchkeyMigrations
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
        let reader = try DatabaseFile(path: copy).openReader()
        #expect(try reader.integer("SELECT last_seq FROM revocation_state") == 1)
        try reader.close()
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
        try SQLiteStore.restoreFile(
            from: copy, settings: place.settings, settlement: .restored, now: .wallClock)
        let observer = RecordingObserver()
        let restored = try place.open(observer: observer)
        #expect(try await restored.revocationState().lastSequence == 5)
        #expect(try await restored.revocationState().clockFloor >= floor)
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
            try restore(from: garbage, place)
        }
        let foreign = place.folder + "/foreign.sqlite"
        let database = try Database(path: foreign, access: .create)
        try database.run("CREATE TABLE x (y)")
        try database.close()
        #expect(throws: MigrationError.foreign) {
            try restore(from: foreign, place)
        }
        #expect(throws: Refusal(.notFound, "")) {
            try restore(from: place.folder + "/none", place)
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
        #expect(try await store.pendingSettlement() == .clockReset, "whoever dies now has not withdrawn the keys")
        now.withLock { $0 = right + .seconds(1) }
        guard case .granted(_, let issuedAt, _) = try await store.issueForClient(client.id) else {
            Issue.record("still refused")
            return
        }
        #expect(issuedAt == right + .seconds(1))
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    private func restore(
        _ settlement: PendingSettlement? = .restored, from file: String, _ place: DatabasePlace
    ) throws {
        try SQLiteStore.restoreFile(
            from: file, settings: place.settings, settlement: settlement, now: .wallClock)
    }

    /// A backup with one session, and the place with nothing settled after restoring it.
    private func restoredSession(
        _ settlement: PendingSettlement?
    ) async throws -> (store: SQLiteStore, session: SessionRecord, place: DatabasePlace) {
        let place = try DatabasePlace()
        let store = try place.open()
        let now = Timestamp.wallClock
        let user = User(
            id: .generate(at: now), name: "ada", normalisedName: "ada", roles: [], disabled: false,
            mustChangePassword: false, createdAt: now)
        try await store.createUser(
            user, passwordHash: "h", event: AuditEvent(.userCreated, at: now, actor: .operator))
        let client = Client(id: try #require(ClientID("app")), kind: .public, grants: [], createdAt: now)
        try await store.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
        let begun = try await store.beginSession(
            SessionBeginning(
                id: .generate(at: now), nonce: [UInt8](repeating: 7, count: 16), user: user.id, verifiedVersion: 1,
                client: client.id, transport: .body, scope: try #require(Scope("openid")),
                absoluteLifetime: .seconds(86400), authenticationMethods: ["pwd"], deviceName: nil,
                network: "192.0.2.1", replacing: nil, resetting: []))
        guard case .granted(.begun(let record), _, _) = begun else { throw StoreUnavailable("no session") }
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(store.file, to: copy)
        await store.shutdown()
        try restore(settlement, from: copy, place)
        let restored = try place.open()
        return (restored, try #require(try await restored.session(record.session.id)), place)
    }

    @Test func `a restored database is marked and its sessions have ended before anybody settles it`() async throws {
        let (store, record, place) = try await restoredSession(.restored)
        #expect(try await store.pendingSettlement() == .restored)
        #expect(SessionValidity.judge(record, idleLifetime: nil, now: .wallClock) == .revoked)
        #expect(try await store.revocationState().issuedBefore != nil)
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a restored database that keeps its sessions is marked as such`() async throws {
        let (store, record, place) = try await restoredSession(.restoredKeepingSessions)
        #expect(try await store.pendingSettlement() == .restoredKeepingSessions)
        #expect(SessionValidity.judge(record, idleLifetime: nil, now: .wallClock) == .valid)
        #expect(try await store.revocationState().issuedBefore != nil)
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a database that is put back keeps what it was`() async throws {
        let (store, record, _) = try await restoredSession(nil)
        #expect(try await store.pendingSettlement() == nil)
        #expect(SessionValidity.judge(record, idleLifetime: nil, now: .wallClock) == .valid)
        #expect(try await store.revocationState().issuedBefore == nil)
        await store.shutdown()
    }

    @Test func `settling writes the entry that the watermark lacks, once, and takes the mark away`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(DatabaseFile(path: place.path), to: copy)
        let now = Timestamp.wallClock
        try SQLiteStore.restoreFile(from: copy, settings: place.settings, settlement: .restored, now: now)
        // The clock stands still, so that all of this happens within the watermark's second.
        let observer = RecordingObserver()
        let store = try place.open(clock: Clock(now: { now }, sleep: { _ in }), observer: observer)
        let order = RevocationOrder(.all(sessions: true), reason: .restored, actor: .operator)
        #expect(try await store.revoke(order) != .nothingToRevoke)
        #expect(try await store.revoke(order) == .nothingToRevoke)
        #expect(observer.records.map(\.entry.kind) == [.all])
        try await store.clearSettlement(event: AuditEvent(.storeRestored, at: now, actor: .operator))
        #expect(try await store.pendingSettlement() == nil)
        #expect(
            try await store.auditEvents(AuditFilter(kind: .storeRestored), page: PageRequest()).items.count == 1)
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    @Test func `a backup of an older schema is brought up to date and marked`() async throws {
        let place = try DatabasePlace()
        let old = try DatabasePlace()
        try old.edit { database in
            try Migrator(Array(Migrations.sqlite.dropLast())).run(on: database, applyPending: true, now: .wallClock)
        }
        try restore(from: old.path, place)
        let store = try place.open()
        #expect(try await store.pendingSettlement() == .restored)
        await store.shutdown()
    }

    @Test func `a copy is never written through a link or into a file that is there`() throws {
        let place = try DatabasePlace()
        let target = place.folder + "/target"
        let link = place.folder + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(throws: StoreUnavailable.self) { try DatabaseFile(path: link).create() }
        #expect(throws: StoreUnavailable.self) { try DatabaseFile(path: link).prepare() }
        #expect(!FileManager.default.fileExists(atPath: target))
        try Data("mine".utf8).write(to: URL(fileURLWithPath: target))
        #expect(throws: StoreUnavailable.self) {
            try DatabaseCopy.make(of: DatabaseFile(path: place.path), at: target)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data("mine".utf8))
    }
}
