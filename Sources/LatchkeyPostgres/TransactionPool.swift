#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Logging
    import Waiting

    /// One rule on its way through the pool.
    struct TransactionJob: Sendable {
        let scope: WriteScope
        /// Runs inside the transaction and returns what resumes the caller, with the entries that the rule appended once
        /// they are numbered. Called only after the commit.
        let run: @Sendable (SQLLedger) throws -> @Sendable ([RevocationRecord]) -> Void
        /// Resumes the caller with an error.
        let fail: @Sendable (any Error) -> Void
    }

    /// Connections that write, each with its own thread: one transaction for each rule. PostgreSQL itself shares the
    /// flushes of those that commit at the same time.
    final class TransactionPool: Sendable {
        private let queue: JobQueue<TransactionJob>
        private let exits: [Completion]

        init(_ settings: PostgresStore.Settings, sequencer: Sequencer, observer: any StoreObserver, logger: Logger) {
            let queue = JobQueue<TransactionJob>(limit: settings.waitingLimit)
            self.queue = queue
            exits = (0..<max(1, settings.connections)).map { index in
                let exit = Completion()
                OwnThread.start("store-write-\(index)") {
                    let worker = TransactionWorker(settings, sequencer: sequencer, observer: observer, logger: logger)
                    while let job = queue.take(most: 1).first { worker.run(job) }
                    worker.close()
                    exit.finish()
                }
                return exit
            }
        }

        /// False when too many wait or the pool is closed; the job was not taken then.
        func push(_ job: TransactionJob) -> Bool { queue.push(job) }

        var waiting: Int { queue.count }

        /// Finishes what waits and closes the connections.
        func stop() async {
            queue.close()
            for exit in exits { await exit.wait() }
        }
    }

    /// What one thread of the pool does with each rule.
    final class TransactionWorker {
        private let settings: PostgresStore.Settings
        private let sequencer: Sequencer
        private let observer: any StoreObserver
        private let logger: Logger
        private let line: PostgresLine

        /// How often a rule runs again when other transactions were in its way.
        private static let attempts = 5

        init(
            _ settings: PostgresStore.Settings, sequencer: Sequencer, observer: any StoreObserver, logger: Logger
        ) {
            self.settings = settings
            self.sequencer = sequencer
            self.observer = observer
            self.logger = logger
            line = PostgresLine(settings.address)
        }

        func close() { line.close() }

        func run(_ job: TransactionJob) {
            for attempt in 1...Self.attempts {
                do {
                    try settle(job)
                    return
                } catch let error as PostgresError where error.isConflict && attempt < Self.attempts {
                    // Jittered, so that two that were in each other's way do not meet again.
                    Thread.sleep(milliseconds: Int.random(in: 1...10) * attempt)
                } catch {
                    job.fail(PostgresError.visible(error))
                    return
                }
            }
        }

        /// Commits the rule and sees to its answer. Throws when nothing was committed, or when nobody knows.
        private func settle(_ job: TransactionJob) throws {
            let connection = try line.connection()
            let transaction = PostgresTransaction(connection: connection, now: settings.databaseClock?())
            let ledger: SQLLedger
            let answer: @Sendable ([RevocationRecord]) -> Void
            do {
                ledger = try begin(job.scope, transaction)
                ledger.beginRule()
                answer = try job.run(ledger)
                // A rule may swallow the error of a statement; the transaction it ran in is lost all the same.
                try connection.commit()
            } catch is UnsureCommit {
                throw StoreUnavailable("the commit may be on one disk only, and may have happened")
            } catch {
                transaction.rollBack()
                throw error
            }
            if !ledger.changedStreams.isEmpty {
                observer.streamsChanged(ledger.changedStreams)
                sequencer.announce()
            }
            let entries = ledger.takeRecords()
            // Whoever was told that nothing is left to revoke must find that in the list, too.
            guard ledger.revokes else { return answer([]) }
            sequencer.number(entries) { result in
                switch result {
                case .success(let numbered): answer(numbered)
                case .failure(let error): job.fail(error)
                }
            }
        }

        private func begin(_ scope: WriteScope, _ transaction: PostgresTransaction) throws -> SQLLedger {
            let reading = try transaction.begin(scope)
            guard reading.isBehind(by: settings.clockLag) else { return transaction.ledger(reading) }
            transaction.rollBack()
            try transaction.tick(reading)
            return transaction.ledger(try transaction.begin(scope))
        }
    }
#endif
