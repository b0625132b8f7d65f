#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Waiting

    /// One rule on its way through the pool.
    struct TransactionJob: Sendable {
        let scope: WriteScope
        /// Whether it may run again when nobody knows whether its commit has happened.
        let repeatable: Bool
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

        init(
            _ settings: PostgresStore.Settings, ticker: ClockTicker, sequencer: Sequencer, observer: any StoreObserver,
            figures: NodeFigures
        ) {
            let queue = JobQueue<TransactionJob>(limit: settings.waitingLimit)
            self.queue = queue
            exits = (0..<max(1, settings.connections)).map { index in
                let exit = Completion()
                OwnThread.start("store-write-\(index)") {
                    let worker = TransactionWorker(
                        settings, ticker: ticker, sequencer: sequencer, observer: observer, figures: figures)
                    while let job = queue.take(most: 1).first { worker.run(job) }
                    worker.close()
                    exit.finish()
                }
                return exit
            }
        }

        /// False when too many wait or the pool is closed; the job was not taken then.
        func push(_ job: TransactionJob) -> Bool { queue.push(job) }

        /// Finishes what waits and closes the connections.
        func stop() async {
            queue.close()
            for exit in exits { await exit.wait() }
        }
    }
#endif
