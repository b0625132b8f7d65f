import LatchkeyCore
import LatchkeySQL
import LatchkeyTokens
import Logging

/// What the writer thread does with each batch. Used only on that thread.
///
/// The rules: every closure has its own savepoint, so that its refusal undoes only its own changes. After any error the
/// loop checks whether SQLite has rolled back the transaction (it does so when the disk is full or fails, and takes
/// released savepoints along). In that case the whole batch has failed, including closures that had finished. No caller
/// is answered before the commit, neither with a value nor with a refusal.
///
/// Committed entries that cannot be read back are in no published list, and their callers must not be told that they
/// are. The same holds for all other callers of the batch, and of later batches until it succeeds: a second request for
/// the same revocation would find its entry in the database and report that nothing is left to do. So all of them get
/// ``StoreUnavailable``. It promises nothing, each request can be repeated (a revocation is found done, a refresh gets
/// the same successor, a login a new session), and no token is issued while the list is behind.
final class WriterLoop {
    private let database: Database
    private let clock: Clock
    private let observer: any StoreObserver
    private let limits: WriterLimits
    private let log: WriteAheadLog
    private let presence: DatabasePresence
    private let checkpointer: Checkpointer?
    private let statistics: WriterStatistics
    private let logger: Logger
    private var floor: Timestamp
    private var published: Int64
    private var unpublished = false
    private var nextRestart = 0
    private var failing = false

    init(
        database: Database, clock: Clock, observer: any StoreObserver, limits: WriterLimits, log: WriteAheadLog,
        presence: DatabasePresence, checkpointer: Checkpointer?, statistics: WriterStatistics, logger: Logger,
        floor: Timestamp, published: Int64
    ) {
        self.database = database
        self.clock = clock
        self.observer = observer
        self.limits = limits
        self.log = log
        self.presence = presence
        self.checkpointer = checkpointer
        self.statistics = statistics
        self.logger = logger
        self.floor = floor
        self.published = published
    }

    /// Runs one batch to its end: committed or failed, published, answered.
    func run(_ jobs: [WriterJob]) {
        let answers = settle(jobs)
        if publish() {
            for answer in answers { answer() }
        } else {
            for job in jobs { job.fail(StoreUnavailable("revocations cannot be published")) }
        }
        boundLog()
    }

    /// Empties the log into the database and closes the connection.
    func close() {
        do {
            try database.checkpoint(.truncate)
            try database.close()
        } catch {
            logger.warning(
                "closing the database failed", metadata: ["lk.reason": "\(Failure.unavailable(error).description)"])
        }
    }

    // MARK: The batch

    private func settle(_ jobs: [WriterJob]) -> [@Sendable () -> Void] {
        do {
            let answers = try commit(jobs)
            if failing { logger.notice("the store writes again") }
            failing = false
            return answers
        } catch {
            rollBack()
            let unavailable = Failure.unavailable(error)
            if !failing { logger.error("the store cannot write", metadata: ["lk.reason": "\(unavailable)"]) }
            failing = true
            return jobs.map { job in { job.fail(unavailable) } }
        }
    }

    private func commit(_ jobs: [WriterJob]) throws -> [@Sendable () -> Void] {
        if let loss = presence.known { throw loss }
        if database.isInsideTransaction { try database.run("ROLLBACK") }
        try database.run("BEGIN IMMEDIATE")
        let ledger = SQLLedger(
            connection: database, dialect: SQLiteDialect(), wall: clock.now(), floor: floor)
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(jobs.count)
        for job in jobs { answers.append(try attempt(job, ledger)) }
        try ledger.storeFloor()
        let start = ContinuousClock.now
        try database.run("COMMIT")
        let time = ContinuousClock.now - start
        guard !database.isInsideTransaction else { throw BatchDissolved() }
        floor = ledger.nextFloor
        unpublished = unpublished || ledger.mayHaveEntries
        if !ledger.changedStreams.isEmpty { observer.streamsChanged(ledger.changedStreams) }
        statistics.committed(jobs.count, in: time)
        // Data in a file that the next start will not find must not be acknowledged.
        if let loss = presence.look() { throw loss }
        return answers
    }

    /// Runs one closure in its savepoint. Throws only when the batch is lost.
    private func attempt(_ job: WriterJob, _ ledger: SQLLedger) throws -> @Sendable () -> Void {
        ledger.beginRule()
        database.guardian = .armed
        do {
            let answer = try job.run(ledger)
            guard database.isInsideTransaction else { throw BatchDissolved() }
            if endGuard() == .savepoint { try database.run("RELEASE job") }
            return answer
        } catch {
            guard database.isInsideTransaction, !Failure.dissolves(error) else { throw error }
            switch endGuard() {
            case .none, .armed: break
            case .savepoint:
                try database.run("ROLLBACK TO job")
                try database.run("RELEASE job")
            case .sealed: throw BatchDissolved()
            }
            ledger.ruleUndone()
            let visible = Failure.visible(error)
            return { job.fail(visible) }
        }
    }

    private func endGuard() -> WriteGuard {
        defer { database.guardian = .none }
        return database.guardian
    }

    private func rollBack() {
        _ = endGuard()
        guard database.isInsideTransaction else { return }
        do {
            try database.run("ROLLBACK")
        } catch {
            // The next batch tries again before it begins.
            logger.warning("rollback failed", metadata: ["lk.reason": "\(Failure.unavailable(error))"])
        }
    }

    // MARK: After the commit

    /// How often one batch is read back before its callers are answered.
    private static let publishAttempts = 3

    /// Publishes what the database now holds, read back, not what the closures meant to write.
    /// - Returns: false when committed entries remain unpublished; the next batch tries again.
    private func publish() -> Bool {
        guard unpublished else { return true }
        // A transaction that could not be rolled back contains uncommitted data.
        guard !database.isInsideTransaction else { return false }
        var failure: any Error = BatchDissolved()
        for _ in 0..<Self.publishAttempts {
            do {
                let records = try Revocations(database).all(after: published)
                unpublished = false
                guard let last = records.last else { return true }
                observer.committed(records)
                published = last.entry.sequence
                return true
            } catch {
                failure = error
            }
        }
        logger.error("revocations cannot be published", metadata: ["lk.reason": "\(Failure.unavailable(failure))"])
        return false
    }

    // MARK: The write-ahead log

    private func boundLog() {
        let frames = log.frameCount
        let isIdle = checkpointer.map { !$0.isWorking } ?? false
        if isIdle, log.unmoved >= limits.checkpointPages { checkpointer?.wish() }
        if frames < limits.restartPages { nextRestart = 0 }
        let isReady = isIdle && frames >= limits.restartPages && log.unmoved <= limits.restartLeft
        guard frames >= nextRestart, isReady || frames >= limits.boundPages else { return }
        do {
            // Readers may hold the log: try only briefly, because commits are waiting.
            database.setPatience(isReady ? 2 : 20)
            defer { database.setPatience(5_000) }
            try database.checkpoint(.restart)
            log.noteRestart()
            nextRestart = 0
        } catch {
            // The checkpoint thread may just have moved pages, and this flush was the first to lose them.
            if let lost = UnsyncedFile(error) { lost.stop(logger) }
            // A reader or the checkpoint thread is in the way: try again after some more pages, not at every commit.
            nextRestart = frames + limits.checkpointPages
        }
    }
}
