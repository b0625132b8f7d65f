#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import Waiting

    /// Connections that read, each with its own thread. All to the primary: what was acknowledged is seen.
    final class PostgresReaders: Sendable {
        private struct Job: Sendable {
            /// Several statements on one state of the database.
            let snapshot: Bool
            let run: @Sendable (SQLLooks) throws -> @Sendable () -> Void
            let fail: @Sendable (any Error) -> Void
        }

        private let queue: JobQueue<Job>
        private let exits: [Completion]

        init(_ settings: PostgresStore.Settings) {
            let queue = JobQueue<Job>(limit: settings.waitingLimit)
            self.queue = queue
            exits = (0..<max(1, settings.readers)).map { index in
                let exit = Completion()
                OwnThread.start("store-read-\(index)") {
                    let line = PostgresLine(settings.address, patience: settings.patience)
                    while let job = queue.take(most: 1).first { Self.run(job, line) }
                    line.close()
                    exit.finish()
                }
                return exit
            }
        }

        func perform<Value: Sendable>(
            snapshot: Bool, _ body: @escaping @Sendable (any Looks) throws -> Value
        ) async throws -> Value {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let job = Job(
                    snapshot: snapshot,
                    run: { looks in
                        let value = try body(looks)
                        return { continuation.resume(returning: value) }
                    },
                    fail: { continuation.resume(throwing: $0) })
                if !queue.push(job) {
                    continuation.resume(throwing: StoreUnavailable("too many reads wait, or the store is closed"))
                }
            }
        }

        /// Lets waiting reads finish and closes the connections.
        func stop() async {
            queue.close()
            for exit in exits { await exit.wait() }
        }

        /// Once more on another connection, when this one is lost.
        private static func run(_ job: Job, _ line: PostgresLine) {
            do {
                let answer: @Sendable () -> Void
                do {
                    answer = try look(job, line)
                } catch let error as PostgresError where error.endsConnection {
                    answer = try look(job, line)
                }
                answer()
            } catch {
                job.fail(PostgresError.visible(error))
            }
        }

        private static func look(_ job: Job, _ line: PostgresLine) throws -> @Sendable () -> Void {
            let connection = try line.connection()
            let looks = SQLLooks(connection, PostgresDialect(now: nil))
            guard job.snapshot else { return try job.run(looks) }
            connection.beginSnapshot()
            do {
                let answer = try job.run(looks)
                try connection.commit()
                return answer
            } catch {
                do { try connection.rollBack() } catch { line.close() }
                throw error
            }
        }
    }
#endif
