import Foundation
import LatchkeyCore
import LatchkeyMigrations
import LatchkeyTokens
import StoreConformance
import Synchronization
import Testing

@testable import LatchkeySQL
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

    @Test func `a backup does not take the name of a link, not even of one to nothing`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let link = place.folder + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.folder + "/nowhere")
        #expect(throws: Refusal(.conflict, "")) { try DatabaseCopy.backUp(store.file, to: link) }
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == place.folder + "/nowhere")
        await store.shutdown()
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
        try restore(from: copy, place)
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

    /// Files that are no backups, by what the message says of them.
    private func noBackups(_ place: DatabasePlace, good: String) throws -> [(path: String, words: String)] {
        let file = { (name: String) in place.folder + "/" + name }
        let bytes = try Data(contentsOf: URL(filePath: good))
        try Data().write(to: URL(filePath: file("empty")))
        try Data(repeating: 0x42, count: 8192).write(to: URL(filePath: file("garbage")))
        try bytes.prefix(60).write(to: URL(filePath: file("head")))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: file("half")))
        try bytes.dropLast(60).write(to: URL(filePath: file("nearly")))
        try bytes.dropLast(4096).write(to: URL(filePath: file("page")))
        var flipped = bytes
        for index in stride(from: 4096 + 16, to: flipped.count, by: 97) { flipped[index] ^= 0x55 }
        try flipped.write(to: URL(filePath: file("flipped")))
        try FileManager.default.createDirectory(atPath: file("folder"), withIntermediateDirectories: false)
        try FileManager.default.createSymbolicLink(atPath: file("dangling"), withDestinationPath: file("nowhere"))
        // The path lives for the call.
        unsafe _ = mkfifo(file("pipe"), 0o600)
        for (name, change) in [
            ("foreign", "CREATE TABLE x (y)"), ("bare", "PRAGMA user_version = 1"),
        ] {
            let database = try Database(path: file(name), access: .create)
            try database.run(change)
            try database.close()
        }
        for (name, change) in [
            (
                "newer",
                "INSERT INTO schema_migrations SELECT version + 1, 'x', 'y', 0 FROM schema_migrations "
                    + "ORDER BY version DESC LIMIT 1"
            ), ("altered", "UPDATE schema_migrations SET checksum = 'x' WHERE version = 3"),
            ("gap", "DELETE FROM schema_migrations WHERE version = 3"), ("lacking", "DROP TABLE known_networks"),
            ("broken", "DELETE FROM key_state"),
        ] {
            try bytes.write(to: URL(filePath: file(name)))
            let database = try Database(path: file(name), access: .readWrite)
            try database.run(change)
            try database.close()
        }
        return [
            ("empty", "it is empty"), ("garbage", "not an SQLite database"), ("head", "cut short"),
            ("nearly", "cut short"), ("page", "cut short"),
            ("half", "cut short"), ("flipped", "damaged"), ("folder", "a directory"),
            ("dangling", "a symbolic link to a file that does not exist"), ("none", "no such file"),
            ("pipe", "not a regular file"), ("foreign", "another program"), ("bare", "no data of Latchkey"),
            ("newer", "knows \(Migrations.sqlite.count)"), ("altered", "migration 3"), ("gap", "lacks number 3"),
            ("lacking", "table known_networks"), ("broken", "damaged"), ("latchkey.sqlite", "itself"),
            ("latchkey.sqlite.replaced", "copy it to another name"),
        ].map { (file($0.0), $0.1) }
    }

    @Test func `an unsound backup is refused by its own name, and every file stays as it was`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        let good = place.folder + "/good"
        try DatabaseCopy.backUp(store.file, to: good)
        await store.shutdown()
        try Data("kept".utf8).write(to: URL(filePath: place.path + ".replaced"))
        let cases = try noBackups(place, good: good)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted()
        let before = try Data(contentsOf: URL(filePath: place.path))
        for (path, words) in cases {
            let error = #expect(throws: BackupRefused.self, "\(path)") { try restore(from: path, place) }
            let text = error?.description ?? ""
            #expect(text.contains(path) && text.contains(words), "\(path): \(text)")
            #expect(try Data(contentsOf: URL(filePath: place.path)) == before, "\(path)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == names, "\(path)")
        }
        #expect(try Data(contentsOf: URL(filePath: place.path + ".replaced")) == Data("kept".utf8))
        try restore(from: good, place)
        #expect(try place.problems() == [])
        // What an earlier restore kept may be the only copy of it.
        #expect(try Data(contentsOf: URL(filePath: place.path + ".replaced.1")) == Data("kept".utf8))
        #expect(try Data(contentsOf: URL(filePath: place.path + ".replaced")) == before)
        try restore(from: good, place)
        #expect(try Data(contentsOf: URL(filePath: place.path + ".replaced.2")) == before)
    }

    @Test func `a check of a live file that is empty, cut short or foreign says so`() async throws {
        let place = try DatabasePlace()
        try Data().write(to: URL(filePath: place.path))
        #expect(try place.problems() == ["it holds no data of Latchkey"])
        #expect(throws: StoreUnavailable.self, "an empty file is not backed up") {
            try DatabaseCopy.backUp(DatabaseFile(path: place.path), to: place.folder + "/copy")
        }
        try FileManager.default.removeItem(atPath: place.path)
        try await place.open().shutdown()
        let bytes = try Data(contentsOf: URL(filePath: place.path))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: place.path))
        #expect(try place.problems().first?.contains(place.path) == true)
    }

    @Test func `a copy of a data directory with its log is restored with what the log holds`() async throws {
        let source = try DatabasePlace()
        var settings = source.settings
        settings.checkpointThread = false
        let store = try source.open(settings)
        try await revokeAll(store)
        let place = try DatabasePlace()
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: source.path + suffix, toPath: place.folder + "/snapshot" + suffix)
        }
        await store.shutdown()
        try restore(from: place.folder + "/snapshot", place)
        let restored = try place.open()
        #expect(try await restored.revocationState().lastSequence == 1)
        await restored.shutdown()
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/snapshot-shm"))
    }

    @Test func `a name with every special character of a URI is opened as it stands`() async throws {
        let source = try DatabasePlace()
        let store = try source.open()
        let name = source.folder + "/ba?ck#u%20p&mode=rwc;'é"
        try DatabaseCopy.backUp(store.file, to: name)
        await store.shutdown()
        let place = try DatabasePlace()
        try restore(from: name, place)
        #expect(try place.problems() == [])
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
        let client = Client(
            id: try #require(ClientID("app")), kind: .public, settings: ClientSettings(), createdAt: right)
        try await store.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: right, actor: .operator))
        guard case .settled = try await store.issueForClient(client.id) else {
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
        guard case .settled(let issued) = try await store.issueForClient(client.id) else {
            Issue.record("still refused")
            return
        }
        #expect(issued.stamp.issuedAt == right + .seconds(1))
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    private func restore(
        _ settlement: PendingSettlement = .restored, from file: String, _ place: DatabasePlace,
        now: Timestamp = .wallClock
    ) throws {
        let staged = try StagedBackup.stage(file, for: DatabaseFile(path: place.path), now: now)
        _ = try staged.takePlace(settlement, now: now)
    }

    /// A backup with one session, and the place with nothing settled after restoring it.
    private func restoredSession(
        _ settlement: PendingSettlement
    ) async throws -> (store: SQLiteStore, session: SessionRecord, place: DatabasePlace) {
        let place = try DatabasePlace()
        let store = try place.open()
        let now = Timestamp.wallClock
        let user = User(
            id: .generate(at: now), name: "ada", normalisedName: "ada", roles: [], disabled: false,
            mustChangePassword: false, createdAt: now)
        try await store.createUser(
            user, passwordHash: "h", event: AuditEvent(.userCreated, at: now, actor: .operator))
        let client = Client(
            id: try #require(ClientID("app")), kind: .public, settings: ClientSettings(), createdAt: now)
        try await store.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
        let begun = try await store.beginSession(
            SessionBeginning(
                id: .generate(at: now), nonce: [UInt8](repeating: 7, count: 16),
                authenticated: Authenticated(
                    user: user, credentialVersion: 1, proofs: [Proof(.password, at: now)], admission: nil),
                client: client.id, transport: .body, scope: try #require(Scope("openid")),
                absoluteLifetime: .seconds(86400), deviceName: nil, network: "192.0.2.1", replacing: nil))
        guard case .settled(.begun(let record, _)) = begun else { throw StoreUnavailable("no session") }
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

    @Test func `a database that is put back is the very file that was there`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        try await revokeAll(store)
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(store.file, to: copy)
        try await revokeAll(store)
        await store.shutdown()
        let before = try Data(contentsOf: URL(filePath: place.path))
        let tools = DatabaseTools(path: place.path)
        let staged = try await tools.stage(copy, now: .wallClock)
        #expect(try await tools.restore(staged, .restored, now: .wallClock))
        try await tools.putBack(isKept: true)
        #expect(try Data(contentsOf: URL(filePath: place.path)) == before)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: place.folder).sorted() == [
                "copy.sqlite", "latchkey.sqlite",
            ])
    }

    @Test func `settling writes the entry that the watermark lacks, once, and takes the mark away`() async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        let copy = place.folder + "/copy.sqlite"
        try DatabaseCopy.backUp(DatabaseFile(path: place.path), to: copy)
        let now = Timestamp.wallClock
        try restore(from: copy, place, now: now)
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
