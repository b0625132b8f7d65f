import Glibc
import Testing

@testable import Argon2

struct HashPoolTests {
    private struct Broken: Error, Equatable {}
    private let group = FairnessGroup("192.0.2.1")

    @Test func `a wrong password does not verify`() async throws {
        let pool = try HashPool.testing()
        let phc = try await pool.hash(password: Array("right".utf8), parameters: cheap, group: group)
        for wrong in ["", "Right", "right ", "righ", "right\0"] {
            let verifies = try await pool.verify(password: Array(wrong.utf8), phc: phc, group: group)
            #expect(!verifies, "\(wrong.debugDescription)")
        }
        #expect(try await pool.verify(password: Array("right".utf8), phc: phc, group: group))
        await pool.shutdown()
    }

    @Test func `the same password twice has two salts and two tags`() async throws {
        let pool = try HashPool.testing()
        let first = try await pool.hash(password: [1], parameters: cheap, group: group)
        let second = try await pool.hash(password: [1], parameters: cheap, group: group)
        #expect(first.salt != second.salt)
        #expect(first.tag != second.tag)
        #expect(first.variant == .argon2id && first.salt.count == 16 && first.tag.count == 32)
        #expect(first.parameters == cheap)
        #expect(try PHCString(parsing: first.description) == first)
        await pool.shutdown()
    }

    @Test func `many hashes of different cost at a time are all right`() async throws {
        let pool = try HashPool.testing(threads: 3, maxQueueWait: .seconds(3600))
        let vectors = try Vectors.load("valid.json", as: ValidHashes.self).cases
        try await withThrowingTaskGroup(of: (String, Bool, Bool).self) { tasks in
            for round in 0..<6 {
                for vector in vectors {
                    tasks.addTask {
                        let phc = try PHCString(parsing: vector.phc)
                        let password = [UInt8](hex: vector.passwordHex)
                        let network = FairnessGroup("\(round)")
                        let right = try await pool.verify(password: password, phc: phc, group: network)
                        let wrong = try await pool.verify(password: password + [7], phc: phc, group: network)
                        return (vector.name, right, wrong)
                    }
                }
            }
            for try await (name, right, wrong) in tasks {
                #expect(right, "\(name)")
                #expect(!wrong, "\(name)")
            }
        }
        #expect(pool.statistics.completed == 6 * 2 * vectors.count)
        #expect(pool.statistics.running == 0 && pool.statistics.queued == 0 && pool.statistics.refused == 0)
        await pool.shutdown()
    }

    @Test func `jobs of others run on the pool's threads and their errors come back`() async throws {
        let pool = try HashPool.testing()
        let threads = try await (
            pool.run(group: group) { _ in pthread_self() }, pool.run(group: group) { _ in pthread_self() }
        )
        #expect(threads.0 == threads.1)
        #expect(threads.0 != Self.ownThread())
        await #expect(throws: Broken()) { try await pool.run(group: group) { _ in throw Broken() } }
        #expect(pool.statistics.completed == 3, "a job that throws has been done")
        await pool.shutdown()
    }

    @Test func `one job may verify and rehash`() async throws {
        let pool = try HashPool.testing()
        let secret = SecretBytes(copying: Array("right".utf8))
        let upgraded = try await pool.run(group: group, weight: 2) { worker in
            let old = try worker.hash(password: secret, parameters: cheap)
            guard try worker.verify(password: secret, phc: old) else { throw Broken() }
            return try worker.hash(password: secret, parameters: lowCost(memoryKiB: 16))
        }
        #expect(try await pool.verify(password: Array("right".utf8), phc: upgraded, group: group))
        await pool.shutdown()
    }

    @Test func `a costly hash leaves its thread with the reserved memory only`() async throws {
        let pool = try HashPool.testing()
        _ = try await pool.hash(password: [1], parameters: lowCost(memoryKiB: 1024), group: group)
        #expect(try await pool.run(group: group) { worker in worker.arena.mappedBytes } == 8 * 1024)
        await pool.shutdown()
    }

    @Test func `weights are multiples of the reference and at least one`() async throws {
        let pool = try HashPool.testing()
        #expect(pool.weight(of: cheap) == 1)
        #expect(pool.weight(of: lowCost(memoryKiB: 80, iterations: 3)) == 30)
        #expect(pool.weight(of: lowCost(memoryKiB: 4_194_304, iterations: 64)) == 33_554_432)
        await pool.shutdown()
    }

    @Test func `idle memory goes back after its time and not before`() async throws {
        let clock = ManualClock()
        let journal = Journal()
        let (releases, release) = AsyncStream<Void>.makeStream()
        let pool = try HashPool.testing(clock: clock) {
            journal.note("released")
            release.yield()
        }
        _ = try await pool.hash(password: [1], parameters: cheap, group: group)
        // Read at the thread's start, before and after the job, and when it lay down to sleep.
        await clock.waitForReads(4)
        clock.advance(by: .seconds(59))
        pool.wakeIdleThreads()
        await clock.waitForReads(1)
        // The one thread has decided; had it chosen to release, it would have done so before this job.
        try await pool.run(group: group) { _ in journal.note("job") }
        #expect(journal.entries == ["job"])

        await clock.waitForReads(3)
        clock.advance(by: .seconds(60))
        pool.wakeIdleThreads()
        var iterator = releases.makeAsyncIterator()
        _ = await iterator.next()
        #expect(journal.entries == ["job", "released"])

        let phc = try await pool.hash(password: [1], parameters: cheap, group: group)
        #expect(try await pool.verify(password: [1], phc: phc, group: group))
        await pool.shutdown()
    }

    private static func ownThread() -> pthread_t { pthread_self() }
}
