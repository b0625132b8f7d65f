import Testing

@testable import Argon2

struct HashPoolOverloadTests {
    private let flooder = FairnessGroup("flooder")
    private let other = FairnessGroup("other")

    @Test func `a flooder is refused at once while another network is admitted`() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let journal = Journal()
        let pool = try HashPool.testing(maxQueueWait: .seconds(3), clock: clock)
        try await pool.learn(.seconds(1), on: clock)
        async let held: Void = pool.run(group: flooder) { _ in gate.hold() }
        await gate.waitForEntry()

        try await withThrowingTaskGroup(of: Void.self) { tasks in
            // One second for the running job, and one for each that is ahead: three fit.
            for index in 1...3 {
                tasks.addTask { try await pool.run(group: flooder) { _ in journal.note("flooder \(index)") } }
                try await pool.waitUntilQueued(index)
            }
            // Answered while the only thread is still held, so the refusal waited for nothing.
            await #expect(throws: HashPoolRefusal.overloaded(retryAfter: .seconds(1))) {
                try await pool.run(group: flooder) { _ in journal.note("never") }
            }
            tasks.addTask { try await pool.run(group: other) { _ in journal.note("other") } }
            try await pool.waitUntilQueued(4)
            #expect(
                pool.statistics
                    == .init(queued: 4, running: 1, completed: 1, refused: 1, meanJobSeconds: 1))
            gate.open()
            try await tasks.waitForAll()
        }
        try await held
        #expect(journal.entries == ["flooder 1", "other", "flooder 2", "flooder 3"])
        await pool.shutdown()
    }

    @Test func `a heavy job is refused where a light one is still admitted`() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let pool = try HashPool.testing(maxQueueWait: .seconds(3), clock: clock)
        try await pool.learn(.seconds(1), on: clock)
        async let held: Void = pool.run(group: other) { _ in gate.hold() }
        await gate.waitForEntry()
        async let first: Void = pool.run(group: other, weight: 2) { _ in }
        try await pool.waitUntilQueued(1)
        async let second: Void = pool.run(group: flooder, weight: 1) { _ in }
        try await pool.waitUntilQueued(2)
        // Its three rounds let the two units of the other group go first, and its own queued one.
        await #expect(throws: HashPoolRefusal.overloaded(retryAfter: .seconds(1))) {
            try await pool.run(group: flooder, weight: 3) { _ in }
        }
        gate.open()
        _ = try await (held, first, second)
        await pool.shutdown()
    }

    @Test func `a full queue refuses even when jobs take no time`() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let pool = try HashPool.testing(clock: clock, limits: .init(total: 3, perGroup: 2))
        try await pool.learn(.zero, on: clock)
        async let held: Void = pool.run(group: other) { _ in gate.hold() }
        await gate.waitForEntry()
        async let first: Void = pool.run(group: flooder) { _ in }
        async let second: Void = pool.run(group: flooder) { _ in }
        try await pool.waitUntilQueued(2)
        await #expect(throws: HashPoolRefusal.overloaded(retryAfter: .seconds(1))) {
            try await pool.run(group: flooder) { _ in }
        }
        async let third: Void = pool.run(group: other) { _ in }
        try await pool.waitUntilQueued(3)
        await #expect(throws: HashPoolRefusal.overloaded(retryAfter: .seconds(1))) {
            try await pool.run(group: other) { _ in }
        }
        #expect(pool.statistics.refused == 2)
        gate.open()
        _ = try await (held, first, second, third)
        await pool.shutdown()
    }

    @Test func `an idle pool takes a job that lasts longer than anybody may wait`() async throws {
        let clock = ManualClock()
        let pool = try HashPool.testing(maxQueueWait: .zero, clock: clock)
        try await pool.learn(.seconds(100), on: clock)
        try await pool.learn(.seconds(100), on: clock)
        #expect(pool.statistics.completed == 2)
        await pool.shutdown()
    }

    @Test func `a caller is told to come back within a minute`() async throws {
        let clock = ManualClock()
        let gate = Gate()
        let pool = try HashPool.testing(maxQueueWait: .seconds(3), clock: clock)
        try await pool.learn(.seconds(7200), on: clock)
        async let held: Void = pool.run(group: other) { _ in gate.hold() }
        await gate.waitForEntry()
        await #expect(throws: HashPoolRefusal.overloaded(retryAfter: .seconds(60))) {
            try await pool.run(group: other) { _ in }
        }
        gate.open()
        try await held
        await pool.shutdown()
    }
}
