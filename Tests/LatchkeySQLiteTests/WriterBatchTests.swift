import Foundation
import LatchkeyCore
import LatchkeyTokens
import StoreConformance
import Synchronization
import TestConditions
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

struct WriterBatchTests {
    /// Submits `bodies` so that they share one batch, and returns their results in order.
    private func batch(
        _ store: SQLiteStore, _ bodies: [@Sendable (SQLLedger) throws -> Void]
    ) async throws -> [Result<Void, any Error>] {
        let hold = WriterHold()
        await hold.hold(store)
        return try await withThrowingTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
            for (index, body) in bodies.enumerated() {
                group.addTask {
                    do { return (index, .success(try await store.writer.perform(body).value)) } catch {
                        return (index, .failure(error))
                    }
                }
                // In order: the next one only when this one is in the queue.
                try await eventually("job \(index) is queued") { store.writer.waiting > index }
            }
            hold.release()
            var results = [Result<Void, any Error>](repeating: .success(()), count: bodies.count)
            for try await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func isUnavailable(_ result: Result<Void, any Error>) -> Bool {
        if case .failure(let error) = result { error is StoreUnavailable } else { false }
    }

    private static func note(_ kind: AuditEvent.Kind) -> @Sendable (SQLLedger) throws -> Void {
        { try $0.audit.insert(AuditEvent(kind, at: $0.instant, actor: .operator)) }
    }

    private func events(_ store: SQLiteStore) async throws -> [AuditEvent.Kind] {
        try await store.auditEvents(AuditFilter(), page: PageRequest()).items.map(\.kind)
    }

    @Test func `a refusal undoes its own changes and disturbs no neighbour`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let before = store.writer.statistics.commits.batches
        let results = try await batch(
            store,
            [
                Self.note(.userCreated),
                { ledger in
                    try Self.note(.userDeleted)(ledger)
                    throw Refusal(.conflict, "no")
                },
                Self.note(.userUpdated),
            ])
        #expect(throws: Never.self) { try results[0].get() }
        #expect(throws: Refusal(.conflict, "")) { try results[1].get() }
        #expect(throws: Never.self) { try results[2].get() }
        #expect(try await events(store) == [.userUpdated, .userCreated])
        #expect(store.writer.statistics.commits.batches == before + 2, "the hold and one batch")
        await store.shutdown()
    }

    @Test func `a broken constraint is a fault of its own closure and shows no arguments`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let results = try await batch(
            store,
            [
                Self.note(.userCreated),
                { ledger in
                    try ledger.connection.run(
                        "INSERT INTO passwords (user_id, hash, version, changed_at) VALUES (?, ?, 1, 0)",
                        [[UInt8](repeating: 1, count: 16), "top-secret-hash"])
                },
            ])
        #expect(throws: Never.self) { try results[0].get() }
        let fault = try #require(#expect(throws: StoreFault.self) { try results[1].get() })
        #expect(!fault.description.contains("top-secret-hash"))
        await store.shutdown()
    }

    @Test func `a full disk fails the whole batch, acknowledges nothing, and the store recovers`() async throws {
        let place = try DatabasePlace()
        let observer = RecordingObserver()
        let store = try place.open(observer: observer)
        try await limitPages(store, extra: 8)
        let ran = Mutex<[Int]>([])
        let results = try await batch(
            store,
            [
                { ledger in
                    ran.withLock { $0.append(0) }
                    try RevocationRules.revoke(
                        RevocationOrder(.all(sessions: true), reason: .admin, actor: .operator),
                        ledger)
                },
                { ledger in
                    ran.withLock { $0.append(1) }
                    throw Refusal(.conflict, "also not answered before the commit")
                },
                { ledger in
                    ran.withLock { $0.append(2) }
                    for _ in 0..<500 {
                        try ledger.audit.insert(
                            AuditEvent(
                                .tokenMinted, at: ledger.instant, actor: .operator,
                                details: ["x": String(repeating: "x", count: 3000)]))
                    }
                },
                { _ in ran.withLock { $0.append(3) } },
            ])
        #expect(results.map(isUnavailable) == [true, true, true, true])
        #expect(ran.withLock { $0 } == [0, 1, 2], "nothing runs on after the transaction is gone")
        #expect(observer.records.isEmpty)
        #expect(try await events(store).isEmpty)
        #expect(try await store.revocationState().lastSequence == 0)
        try await limitPages(store, extra: 100_000)
        try await store.checkWritable()
        _ = try await store.revoke(RevocationOrder(.all(sessions: true), reason: .admin, actor: .operator))
        #expect(observer.records.map(\.entry.sequence) == [1])
        await store.shutdown()
        #expect(try place.problems() == [])
    }

    private func limitPages(_ store: SQLiteStore, extra: Int64) async throws {
        _ = try await store.writer.perform { ledger in
            let pages = try ledger.connection.integer("PRAGMA page_count")
            _ = try ledger.connection.integer("PRAGMA max_page_count = \(pages + extra)")
        }
    }

    @Test func `a transaction that is gone without an error fails everybody`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let results = try await batch(
            store, [Self.note(.userCreated), { try $0.connection.run("ROLLBACK") }, Self.note(.userUpdated)])
        #expect(results.map(isUnavailable) == [true, true, true])
        #expect(try await events(store).isEmpty)
        try await store.checkWritable()
        await store.shutdown()
    }

    @Test func `a commit that fails is a failure for everybody in it`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let results = try await batch(
            store,
            [
                Self.note(.userCreated),
                { ledger in
                    // Checked at COMMIT only, so the closure itself goes through.
                    try ledger.connection.run("PRAGMA defer_foreign_keys = 1")
                    try ledger.connection.run(
                        "INSERT INTO passwords (user_id, hash, version, changed_at) VALUES (x'00', 'h', 1, 0)")
                },
            ])
        #expect(results.map(isUnavailable) == [true, true])
        #expect(try await events(store).isEmpty)
        try await store.checkWritable()
        await store.shutdown()
    }

    @Test func `callers beyond the queue's bound are refused at once`() async throws {
        let place = try DatabasePlace()
        var settings = place.settings
        settings.waitingLimit = 2
        let store = try place.open(settings)
        let hold = WriterHold()
        await hold.hold(store)
        store.writer.submit { _ in }
        store.writer.submit { _ in }
        await #expect(throws: StoreUnavailable.self) { try await store.checkWritable() }
        hold.release()
        await store.shutdown()
    }

    @Test func `what waits at shutdown is still committed`() async throws {
        let place = try DatabasePlace()
        let store = try place.open()
        let hold = WriterHold()
        await hold.hold(store)
        async let last: Void = store.appendAudit(AuditEvent(.userCreated, at: .wallClock, actor: .operator))
        try await eventually("a job is queued") { store.writer.waiting > 0 }
        async let closed: Void = store.shutdown()
        hold.release()
        try await last
        await closed
        let again = try place.open()
        #expect(try await events(again) == [.userCreated])
        await again.shutdown()
    }
}
