internal import CSQLite
import Dispatch
import Foundation
import LatchkeyCore
import Synchronization
import Waiting

/// Read-only connections, each with its own thread, so that no read blocks the cooperative pool.
final class ReaderPool: Sendable {
    private struct Job: Sendable {
        /// Inside a transaction, for reads of more than one statement.
        let snapshot: Bool
        /// Returns the closure that resumes the caller, to be called once the transaction is closed.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private let queue: JobQueue<Job>
    private let exits: [Completion]

    /// - Parameter limit: how long one read may take.
    init(file: DatabaseFile, count: Int, limit: Duration, waiting: Int) throws {
        let queue = JobQueue<Job>(limit: waiting)
        self.queue = queue
        var exits: [Completion] = []
        for index in 0..<max(1, count) {
            let deadline = ReadDeadline()
            let exit = Completion()
            exits.append(exit)
            OwnThread.start("store-read-\(index)", owning: try file.openReader(deadline: deadline)) { database in
                while let job = queue.take(most: 1).first {
                    deadline.start(limit: limit)
                    Self.run(job, database)
                    deadline.stop()
                }
                try? database.close()
                // The deadline outlives the connection that points to it.
                withExtendedLifetime(deadline) { exit.finish() }
            }
        }
        self.exits = exits
    }

    /// Runs one statement, which is its own read transaction.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await perform(snapshot: false, body)
    }

    /// Runs several statements on one state of the database.
    func snapshot<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await perform(snapshot: true, body)
    }

    /// Lets waiting reads finish and closes the connections.
    func stop() async {
        queue.close()
        for exit in exits { await exit.wait() }
    }

    private func perform<Value: Sendable>(
        snapshot: Bool, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job = Job(
                snapshot: snapshot,
                run: { database in
                    let value = try body(database)
                    return { continuation.resume(returning: value) }
                },
                fail: { continuation.resume(throwing: $0) })
            if !queue.push(job) {
                continuation.resume(throwing: StoreUnavailable("too many reads wait, or the store is closed"))
            }
        }
    }

    private static func run(_ job: Job, _ database: Database) {
        do {
            let answer =
                job.snapshot ? try database.transaction("BEGIN") { try job.run(database) } : try job.run(database)
            answer()
        } catch {
            job.fail(Failure.visible(error))
        }
    }
}

/// Ends statements of one reader connection that take too long, so that no read transaction holds the write-ahead log
/// for more than about a second.
final class ReadDeadline: Sendable {
    /// Uptime in nanoseconds; 0: no read is running.
    private let end = Atomic<UInt64>(0)

    func start(limit: Duration) {
        let nanoseconds =
            UInt64(max(0, limit.components.seconds)) * 1_000_000_000
            + UInt64(max(0, limit.components.attoseconds)) / 1_000_000_000
        end.store(DispatchTime.now().uptimeNanoseconds + nanoseconds, ordering: .relaxed)
    }

    func stop() { end.store(0, ordering: .relaxed) }

    private var hasPassed: Bool {
        let end = end.load(ordering: .relaxed)
        return end != 0 && DispatchTime.now().uptimeNanoseconds > end
    }

    /// Called every 20,000 steps of SQLite's machine, about each millisecond.
    func install(on database: Database) {
        // Unretained: the reader that owns this object closes its connection before it releases it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_progress_handler(
            database.handle, 20_000,
            { context in
                guard let context = unsafe context else { return 0 }
                let deadline = unsafe Unmanaged<ReadDeadline>.fromOpaque(context).takeUnretainedValue()
                return deadline.hasPassed ? 1 : 0
            }, context)
    }
}
