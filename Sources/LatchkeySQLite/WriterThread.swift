import LatchkeyCore
import LatchkeySQL
import Logging
import Synchronization
import Waiting

/// The one thread that writes. It drains its queue into one transaction, commits once, tells the observer, and only
/// then resumes the callers.
final class WriterThread: Sendable {
    private let queue: JobQueue<WriterJob>
    private let exit = Completion()
    let statistics = WriterStatistics()

    /// - Parameters:
    ///   - checkpointer: woken when the log has grown; without one the writer alone keeps the log bounded.
    init(
        connection: sending Database, start: StoreState, clock: Clock, observer: any StoreObserver,
        limits: WriterLimits,
        log: WriteAheadLog, presence: DatabasePresence, checkpointer: Checkpointer?, logger: Logger
    ) {
        let queue = JobQueue<WriterJob>(limit: limits.waiting)
        self.queue = queue
        log.install(on: connection)
        let exit = exit
        let statistics = statistics
        let floor = start.stored.clockFloor
        let published = start.stored.lastSequence
        OwnThread.start("store-write", owning: connection) { connection in
            let loop = WriterLoop(
                database: connection, clock: clock, observer: observer, limits: limits, log: log,
                presence: presence, checkpointer: checkpointer, statistics: statistics, logger: logger, floor: floor,
                published: published)
            while true {
                let jobs = queue.take(most: limits.batch)
                if jobs.isEmpty { break }
                loop.run(jobs)
            }
            loop.close()
            exit.finish()
        }
    }

    /// Runs `rule` in a batch and returns its value, with the log entries that it appended, once that batch is on disk.
    ///
    /// - Throws: the errors of `rule` (only its changes are undone), or ``StoreUnavailable`` when the whole batch was
    ///   lost or the queue is full.
    func perform<Value: Sendable>(
        _ rule: @escaping @Sendable (SQLLedger) throws -> Value
    ) async throws -> Written<Value> {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Written<Value>, any Error>) in
            let job = WriterJob(
                run: { ledger in
                    let value = try rule(ledger)
                    let written = Written(value: value, records: ledger.takeRecords())
                    return { continuation.resume(returning: written) }
                },
                fail: { continuation.resume(throwing: $0) })
            if !queue.push(job) {
                continuation.resume(throwing: StoreUnavailable("too many writes wait, or the store is closed"))
            }
        }
    }

    /// Runs `body` later and reports no outcome. Dropped when the queue is full: only for work that may be lost.
    func submit(_ body: @escaping @Sendable (SQLLedger) throws -> Void) {
        _ = queue.push(
            WriterJob(
                run: { ledger in
                    try body(ledger)
                    return {}
                }, fail: { _ in }))
    }

    /// How many closures wait.
    var waiting: Int { queue.count }

    /// Commits waiting work, empties the write-ahead log and closes the connection.
    func stop() async {
        queue.close()
        await exit.wait()
    }
}

/// Counts since start.
final class WriterStatistics: Sendable {
    private let figures = Mutex(CommitFigures())

    var commits: CommitFigures { figures.withLock { $0 } }

    func committed(_ transactions: Int, in time: Duration) { figures.withLock { $0.add(transactions, in: time) } }
}

/// One closure on its way through the writer.
struct WriterJob: Sendable {
    /// Runs inside the batch's transaction and returns the closure that resumes the caller. That closure is called only
    /// after the commit.
    let run: @Sendable (SQLLedger) throws -> @Sendable () -> Void
    /// Resumes the caller with an error, also only once the batch is settled.
    let fail: @Sendable (any Error) -> Void
}

/// How the writer batches and how far the write-ahead log may grow. Pages are 4 KiB.
struct WriterLimits: Sendable {
    /// Closures that may wait; beyond that, callers are refused at once.
    var waiting = 10_000
    /// Closures that share one commit.
    var batch = 128
    /// Pages in the log, not moved yet, from which the checkpoint thread is woken.
    var checkpointPages = 128
    /// Pages from which the writer restarts the log, once no more than these are left to be moved.
    var restartPages = 4_000
    var restartLeft: Int { checkpointPages / 4 }
    /// Pages from which the writer does all the work itself, because no checkpoint keeps up.
    var boundPages = 16_000
}
