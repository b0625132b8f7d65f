#if Postgres
    import Glibc
    import LatchkeyCore
    import Synchronization
    import Waiting

    /// Rotations, uses and client tokens, many at a time: those that wait are read in one look, decided by the rules of
    /// Core, and written in one statement that changes only rows that are still as they were judged.
    ///
    /// No lock outlives a statement, so a node that hangs holds nobody up. What writes more than a lineage goes on to the
    /// pool as a rule of its own.
    final class HotLane: Sendable {
        enum Job: Sendable {
            case session(SessionJob)
            case token(ClientTokenJob)
        }

        /// Jobs that are decided together.
        static let setLimit = 128

        private let queue: JobQueue<Job>
        private let exits: [Completion]
        private let started: [Completion]
        private let running = Mutex<[pthread_t]>([])

        init(_ settings: PostgresStore.Settings, ticker: ClockTicker, pool: TransactionPool, figures: NodeFigures) {
            let queue = JobQueue<Job>(limit: settings.waitingLimit)
            self.queue = queue
            let count = max(1, settings.hotConnections)
            let (exits, started) = ((0..<count).map { _ in Completion() }, (0..<count).map { _ in Completion() })
            self.exits = exits
            self.started = started
            for index in 0..<count {
                OwnThread.start("store-hot-\(index)") { [self] in
                    running.withLock { $0.append(pthread_self()) }
                    started[index].finish()
                    let worker = HotWorker(
                        settings, ticker: ticker, pool: pool, figures: figures,
                        putBack: { queue.push(.session($0)) })
                    while true {
                        let jobs =
                            worker.isIdle
                            ? queue.take(most: Self.setLimit)
                            : queue.takeNow(most: Self.setLimit - worker.waitingCount)
                        if jobs.isEmpty, worker.isIdle { break }
                        worker.run(jobs)
                    }
                    worker.close()
                    exits[index].finish()
                }
            }
        }

        /// False when too many wait or the lane is closed; the job was not taken then.
        func push(_ job: Job) -> Bool { queue.push(job) }

        /// Its threads, which everybody who refreshes waits for.
        func threads() async -> [pthread_t] {
            for thread in started { await thread.wait() }
            return running.withLock { $0 }
        }

        /// Finishes what waits and closes the connections.
        func stop() async {
            queue.close()
            for exit in exits { await exit.wait() }
        }
    }
#endif
