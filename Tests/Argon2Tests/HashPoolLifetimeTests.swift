import TestConditions
import Testing

@testable import Argon2

struct HashPoolLifetimeTests {
    private let group = FairnessGroup("192.0.2.1")

    @Test func `cancelling a waiting caller takes its job out`() async throws {
        let gate = Gate()
        let journal = Journal()
        let pool = try HashPool.testing()
        async let held: Void = pool.run(group: group) { _ in gate.hold() }
        await gate.waitForEntry()
        let waiting = Task { try await pool.run(group: group) { _ in journal.note("cancelled job") } }
        try await pool.waitUntilQueued(1)
        waiting.cancel()
        // Answered while the thread is still held.
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(pool.statistics.queued == 0)
        gate.open()
        try await held
        try await pool.run(group: group) { _ in journal.note("next job") }
        #expect(journal.entries == ["next job"])
        #expect(pool.statistics.completed == 2)
        await pool.shutdown()
    }

    @Test func `a caller cancelled before it came is not queued`() async throws {
        let gate = Gate()
        let pool = try HashPool.testing()
        let journal = Journal()
        let task = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await pool.run(group: group) { _ in journal.note("job") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.open()
        await pool.shutdown()
        #expect(journal.entries.isEmpty)
    }

    @Test func `a running job finishes though its caller was cancelled`() async throws {
        let gate = Gate()
        let pool = try HashPool.testing()
        let running = Task {
            try await pool.run(group: group) { _ in
                gate.hold()
                return 42
            }
        }
        await gate.waitForEntry()
        running.cancel()
        gate.open()
        #expect(try await running.value == 42)
        await pool.shutdown()
    }

    @Test func `racing cancellations lose no answer`() async throws {
        let pool = try HashPool.testing(threads: 2, maxQueueWait: .seconds(3600))
        await withTaskGroup(of: Void.self) { tasks in
            for index in 0..<400 {
                tasks.addTask {
                    let task = Task { try await pool.hash(password: [], parameters: cheap, group: group) }
                    if index.isMultiple(of: 3) { await Task.yield() }
                    task.cancel()
                    // An answer of either kind; a lost one would hang here, a double one would trap.
                    _ = await task.result
                }
            }
        }
        #expect(pool.statistics.queued == 0)
        await pool.shutdown()
        #expect(pool.statistics.running == 0)
    }

    @Test func `shutdown refuses what waits and finishes what runs`() async throws {
        let gate = Gate()
        let journal = Journal()
        let pool = try HashPool.testing()
        let running = Task {
            try await pool.run(group: group) { _ in
                gate.hold()
                journal.note("finished")
            }
        }
        await gate.waitForEntry()
        let waiting = Task { try await pool.run(group: group) { _ in journal.note("never") } }
        try await pool.waitUntilQueued(1)
        let stopped = Task {
            await pool.shutdown()
            journal.note("stopped")
        }
        await #expect(throws: HashPoolRefusal.shuttingDown) { try await waiting.value }
        await #expect(throws: HashPoolRefusal.shuttingDown) { try await pool.run(group: group) { _ in } }
        #expect(journal.entries.isEmpty, "the running job is still held, and shutdown waits for it")
        gate.open()
        try await running.value
        await stopped.value
        #expect(journal.entries == ["finished", "stopped"])
        #expect(pool.statistics == .init(queued: 0, running: 0, completed: 1, refused: 2, meanJobSeconds: 0))
    }

    @Test func `shutdown may be asked for several times at once`() async throws {
        let pool = try HashPool.testing(threads: 3)
        _ = try await pool.hash(password: [], parameters: cheap, group: group)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<5 { tasks.addTask { await pool.shutdown() } }
        }
        await pool.shutdown()
        #expect(pool.statistics.completed == 1)
    }

    @Test func `a pool that is dropped lets its threads go`() async throws {
        weak var core: HashPool.Core?
        do {
            let pool = try HashPool.testing(threads: 2)
            core = pool.core
            _ = try await pool.hash(password: [], parameters: cheap, group: group)
        }
        // The threads hold the core until they end.
        try await eventually("the core is gone") { core == nil }
    }
}
