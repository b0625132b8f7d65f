import Dispatch
import Synchronization
import TestConditions
import Testing

@testable import Argon2

/// The cheapest parameters there are.
let cheap = lowCost(memoryKiB: 8)

func lowCost(memoryKiB: Int, iterations: Int = 1, parallelism: Int = 1) -> Argon2Parameters {
    // The fixtures' own numbers are in bounds; the default would make a test slow, not wrong.
    (try? Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)) ?? .default
}

/// A clock that stands still until it is moved, and tells when it was read.
final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    private let reads: AsyncStream<Void>
    private let read: AsyncStream<Void>.Continuation

    init() { (reads, read) = AsyncStream.makeStream() }

    @Sendable func now() -> ContinuousClock.Instant {
        defer { read.yield() }
        return instant.withLock { $0 }
    }

    func advance(by duration: Duration) { instant.withLock { $0 += duration } }

    /// Returns when the clock has been read `count` times since the start or since the last call.
    func waitForReads(_ count: Int) async {
        var iterator = reads.makeAsyncIterator()
        for _ in 0..<count { _ = await iterator.next() }
    }
}

/// Holds hash threads inside a job until it is opened.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let entries: AsyncStream<Void>
    private let entry: AsyncStream<Void>.Continuation

    init() { (entries, entry) = AsyncStream.makeStream() }

    func hold() {
        entry.yield()
        semaphore.wait()
        semaphore.signal()
    }

    func open() { semaphore.signal() }

    /// Returns when a thread stands at the gate.
    func waitForEntry() async {
        var iterator = entries.makeAsyncIterator()
        _ = await iterator.next()
    }
}

/// Names in the order in which they were noted.
final class Journal: Sendable {
    private let names = Mutex<[String]>([])

    var entries: [String] { names.withLock { $0 } }

    func note(_ name: String) { names.withLock { $0.append(name) } }
}

extension HashPool {
    /// A pool whose jobs cost what the test's clock says.
    static func testing(
        threads: Int = 1, maxQueueWait: Duration = .seconds(3), clock: ManualClock = ManualClock(),
        limits: HashQueue<Job>.Limits = .init(), arenaReleased: @escaping @Sendable () -> Void = {}
    ) throws -> HashPool {
        try HashPool(
            threads: threads, maxQueueWait: maxQueueWait, idleRelease: .seconds(60), reference: cheap,
            now: clock.now, limits: limits, arenaReleased: arenaReleased)
    }

    /// Lets one job take `duration` on the clock, which becomes the mean.
    func learn(_ duration: Duration, on clock: ManualClock) async throws {
        try await run(group: FairnessGroup("teacher")) { _ in clock.advance(by: duration) }
    }

    func hash(password: [UInt8], parameters: Argon2Parameters, group: FairnessGroup) async throws -> PHCString {
        let secret = SecretBytes(copying: password)
        return try await run(group: group, weight: weight(of: parameters)) { worker in
            try worker.hash(password: secret, parameters: parameters)
        }
    }

    func verify(password: [UInt8], phc: PHCString, group: FairnessGroup) async throws -> Bool {
        let secret = SecretBytes(copying: password)
        return try await run(group: group, weight: weight(of: phc.parameters)) { worker in
            try worker.verify(password: secret, phc: phc)
        }
    }

    /// Waits until so many jobs are queued.
    func waitUntilQueued(_ count: Int) async throws {
        try await eventually("\(count) jobs are queued") { statistics.queued == count }
    }
}
