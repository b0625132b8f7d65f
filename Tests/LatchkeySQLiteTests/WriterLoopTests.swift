import LatchkeyCore
import LatchkeyTokens
import Logging
import StoreConformance
import Synchronization
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

/// The loop without its thread, so that a test holds its connection.
struct WriterLoopTests {
    /// What a caller of one job would have seen, in the order in which it happened.
    private final class Trace: StoreObserver {
        private let kept = Mutex<[String]>([])
        var lines: [String] { kept.withLock { $0 } }
        func note(_ line: String) { kept.withLock { $0.append(line) } }
        func committed(_ records: [RevocationRecord]) { note("observer \(records.map(\.entry.sequence))") }
    }

    private func job(
        _ name: String, _ trace: Trace, _ body: @escaping @Sendable (SQLLedger) throws -> Void
    ) -> WriterJob {
        WriterJob(
            run: { ledger in
                try body(ledger)
                trace.note("ran \(name)")
                return { trace.note("answered \(name)") }
            },
            fail: { trace.note("failed \(name) \($0 is StoreUnavailable ? "unavailable" : "otherwise")") })
    }

    private func withLoop(_ body: (WriterLoop, Database, Trace) throws -> Void) async throws {
        let place = try DatabasePlace()
        try await place.open().shutdown()
        let database = try DatabaseFile(path: place.path).openWriter()
        let trace = Trace()
        let loop = WriterLoop(
            database: database, clock: .wall, observer: trace, limits: WriterLimits(), log: WriteAheadLog(),
            presence: DatabasePresence(DatabaseFile(path: place.path)), checkpointer: nil,
            statistics: WriterStatistics(), logger: .silent, floor: Timestamp(seconds: 0),
            published: 0)
        try body(loop, database, trace)
        loop.close()
        #expect(try place.problems() == [])
    }

    private static let revoke: @Sendable (SQLLedger) throws -> Void = { ledger in
        try RevocationRules.revoke(
            RevocationOrder(.token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator),
            ledger)
    }

    @Test func `everybody runs, then the observer is told, then everybody is answered`() async throws {
        try await withLoop { loop, _, trace in
            loop.run([
                job("a", trace, Self.revoke), job("b", trace) { _ in throw Refusal(.conflict, "no") },
                job("c", trace, Self.revoke),
            ])
            #expect(
                trace.lines == [
                    "ran a", "ran c", "observer [1, 2]", "answered a", "failed b otherwise", "answered c",
                ])
        }
    }

    @Test func `a read-only database runs no closure, fails every caller, and works again afterwards`() async throws {
        try await withLoop { loop, database, trace in
            try database.run("PRAGMA query_only = 1")
            loop.run([job("a", trace, Self.revoke), job("b", trace) { _ in }])
            #expect(trace.lines == ["failed a unavailable", "failed b unavailable"])
            try database.run("PRAGMA query_only = 0")
            loop.run([job("c", trace, Self.revoke)])
            #expect(trace.lines.suffix(3) == ["ran c", "observer [1]", "answered c"])
        }
    }

    private static let rename: @Sendable (SQLLedger) throws -> Void = { ledger in
        try ledger.connection.writeLast("UPDATE client_state SET version = version + 1", [])
    }

    private func version(_ database: Database) throws -> Int64 {
        try database.integer("SELECT version FROM client_state")
    }

    @Test func `a closure with one last write is committed with its neighbours`() async throws {
        try await withLoop { loop, database, trace in
            loop.run([
                job("a", trace, Self.rename), job("b", trace) { _ in throw Refusal(.conflict, "no") },
                job("c", trace, Self.rename),
            ])
            #expect(trace.lines == ["ran a", "ran c", "answered a", "failed b otherwise", "answered c"])
            try #expect(version(database) == 3)
        }
    }

    @Test func `a last write that fails is a refusal of its own closure`() async throws {
        try await withLoop { loop, database, trace in
            loop.run([
                job("a", trace, Self.rename),
                job("b", trace) { ledger in
                    try ledger.connection.writeLast("UPDATE client_state SET id = id + 1", [])
                },
                job("c", trace, Self.rename),
            ])
            #expect(trace.lines == ["ran a", "ran c", "answered a", "failed b otherwise", "answered c"])
            try #expect(version(database) == 3)
        }
    }

    @Test(
        arguments: [
            { _ in throw Refusal(.conflict, "too late") }, rename,
            { try $0.connection.run("UPDATE client_state SET version = 9") },
        ] as [@Sendable (SQLLedger) throws -> Void])
    func `a closure that fails or writes after its last write fails the whole batch`(
        _ more: @escaping @Sendable (SQLLedger) throws -> Void
    ) async throws {
        try await withLoop { loop, database, trace in
            loop.run([
                job("a", trace, Self.rename),
                job("b", trace) { ledger in
                    try Self.rename(ledger)
                    try more(ledger)
                }, job("c", trace, Self.rename),
            ])
            #expect(trace.lines == ["ran a", "failed a unavailable", "failed b unavailable", "failed c unavailable"])
            try #expect(version(database) == 1)
            loop.run([job("d", trace, Self.rename)])
            #expect(trace.lines.suffix(2) == ["ran d", "answered d"])
            try #expect(version(database) == 2)
        }
    }

    @Test func `a refusal undoes everything since its first write, also when the last one was announced`() async throws
    {
        try await withLoop { loop, database, trace in
            loop.run([
                job("a", trace) { ledger in
                    try ledger.connection.run("UPDATE key_state SET version = 7")
                    try Self.rename(ledger)
                    throw Refusal(.conflict, "no")
                }, job("b", trace, Self.rename),
            ])
            #expect(trace.lines == ["ran b", "failed a otherwise", "answered b"])
            try #expect(version(database) == 2)
            try #expect(database.integer("SELECT version FROM key_state") == 1)
        }
    }

    @Test func `a transaction left open by a failed commit does not leak into the next batch`() async throws {
        try await withLoop { loop, database, trace in
            try database.execute(script: "BEGIN; UPDATE client_state SET version = 77")
            loop.run([job("a", trace) { _ in }])
            let version = try database.integer("SELECT version FROM client_state")
            #expect(version == 1)
            #expect(trace.lines == ["ran a", "answered a"])
        }
    }

    @Test func `a revocation that cannot be published is not acknowledged, and the next batch publishes it`()
        async throws
    {
        try await withLoop { loop, database, trace in
            loop.run([
                job("a", trace) { ledger in
                    try Self.revoke(ledger)
                    try ledger.connection.run("UPDATE revocations SET actor = 'unreadable'")
                },
                job("b", trace) { _ in },
            ])
            #expect(trace.lines == ["ran a", "ran b", "failed a unavailable", "failed b unavailable"])
            // Not even one that writes no entry: it might be told that a token is revoked already.
            loop.run([job("c", trace) { _ in }])
            #expect(trace.lines.suffix(2) == ["ran c", "failed c unavailable"])
            try database.run("UPDATE revocations SET actor = 'operator'")
            loop.run([job("d", trace, Self.revoke)])
            #expect(trace.lines.suffix(3) == ["ran d", "observer [1, 2]", "answered d"])
        }
    }
}
