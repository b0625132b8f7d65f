#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// What one thread of the pool does with each rule.
    ///
    /// | what happened | then |
    /// | --- | --- |
    /// | other transactions were in the way, or wrote first what this one found absent | again, up to five times |
    /// | connection lost before COMMIT was sent: nothing happened | once more, on another connection |
    /// | connection lost during COMMIT, or it may be on one disk only | again if the rule is repeatable; otherwise the caller is told that it may have happened |
    /// | no connection | the caller gets the error; tried again a few times while an earlier commit is in doubt |
    /// | anything else | the caller gets the error |
    final class TransactionWorker {
        private let settings: PostgresStore.Settings
        private let ticker: ClockTicker
        private let sequencer: Sequencer
        private let observer: any StoreObserver
        private let figures: NodeFigures
        private let line: PostgresLine

        /// How often a rule runs when other transactions are in its way, and when its commits end in doubt.
        private static let attempts = 5

        init(
            _ settings: PostgresStore.Settings, ticker: ClockTicker, sequencer: Sequencer, observer: any StoreObserver,
            figures: NodeFigures
        ) {
            self.settings = settings
            self.ticker = ticker
            self.sequencer = sequencer
            self.observer = observer
            self.figures = figures
            line = PostgresLine(settings.address, patience: settings.patience)
        }

        func close() { line.close() }

        /// How one attempt ended without an answer.
        private enum Failure: Error {
            case unreached(any Error)
            case conflict(any Error)
            case lost(any Error)
            case unsure
            case other(any Error)
        }

        func run(_ job: TransactionJob) {
            var (conflicts, losses, doubts, misses) = (0, 0, 0, 0)
            while true {
                do {
                    try settle(job, confirming: doubts > 0)
                    return
                } catch .conflict where conflicts < Self.attempts - 1 {
                    conflicts += 1
                    figures.conflicted()
                } catch .lost where losses == 0 {
                    losses += 1
                } catch .unsure where job.repeatable && doubts < Self.attempts - 1 {
                    doubts += 1
                } catch .unreached where doubts > 0 && misses < Self.attempts - 1 {
                    // What broke the commit may last a moment: the server restarts, or has no place left.
                    misses += 1
                    line.waitForTurn()
                } catch {
                    return job.fail(Self.visible(error, isUnsure: doubts > 0))
                }
                // Jittered, so that two that were in each other's way do not meet again.
                if conflicts > 0 { Thread.sleep(milliseconds: Int.random(in: 1...10) * conflicts) }
            }
        }

        private static func visible(_ failure: Failure, isUnsure: Bool) -> any Error {
            switch failure {
            case .unsure: return StoreUnavailable.unsure
            case .conflict(let error), .lost(let error), .unreached(let error):
                return isUnsure ? StoreUnavailable.unsure : PostgresError.visible(error)
            case .other(let error):
                let visible = PostgresError.visible(error)
                return isUnsure && visible is StoreUnavailable ? StoreUnavailable.unsure : visible
            }
        }

        /// Commits the rule and sees to its answer.
        /// - Parameter confirming: whether an earlier attempt may have committed: then this commit waits for the disks even
        ///   if it finds all done.
        private func settle(_ job: TransactionJob, confirming: Bool) throws(Failure) {
            let connection: PostgresConnection
            do { connection = try line.connection() } catch { throw .unreached(error) }
            let transaction = PostgresTransaction(connection: connection, now: settings.databaseClock?())
            let beginning: PostgresTransaction.Beginning
            let ledger: SQLLedger
            let answer: @Sendable ([RevocationRecord]) -> Void
            do {
                (beginning, ledger, answer) = try runRule(job, transaction)
                if confirming { try PostgresTransaction.confirm(connection) }
            } catch {
                transaction.rollBack()
                throw Self.failure(error, connection)
            }
            try commit(connection, transaction)
            deliver(answer, ledger, job)
            if job.scope.usesClock { ticker.tickAfterwards(beginning.reading, connection) }
        }

        /// Nothing was committed.
        private static func failure(_ error: any Error, _ connection: PostgresConnection) -> Failure {
            if let error = error as? PostgresError {
                if error.isConflict || error.isOvertaken { return .conflict(error) }
                if error.isConnectionLost || !connection.isOpen { return .lost(error) }
            }
            return .other(error)
        }

        private func commit(_ connection: PostgresConnection, _ transaction: PostgresTransaction) throws(Failure) {
            do {
                let start = ContinuousClock.now
                // A rule may swallow the error of a statement; the transaction it ran in is lost all the same.
                try connection.commit()
                figures.committed(1, in: .now - start)
            } catch {
                transaction.rollBack()
                if error is UnsureCommit { throw .unsure }
                let failure = Self.failure(error, connection)
                if case .lost = failure { throw .unsure }
                throw failure
            }
        }

        private func deliver(
            _ answer: @escaping @Sendable ([RevocationRecord]) -> Void, _ ledger: SQLLedger, _ job: TransactionJob
        ) {
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
                case .failure(let error):
                    job.fail(StoreUnavailable("\(error)", mayHaveHappened: true))
                }
            }
        }

        // MARK: The rule

        /// Runs the rule in a transaction that is left open. Again with the clock's row moved on, when it is too far behind
        /// or the gate asked to wait for a second that has come.
        private func runRule(
            _ job: TransactionJob, _ transaction: PostgresTransaction
        ) throws -> (PostgresTransaction.Beginning, SQLLedger, @Sendable ([RevocationRecord]) -> Void) {
            var beginning = try begin(job, transaction)
            if job.scope.usesClock, beginning.reading.isBehind(by: ticker.lag) {
                beginning = try restart(beginning, job, transaction)
            }
            var ledger = transaction.ledger(beginning, job.scope)
            ledger.beginRule()
            var answer = try job.run(ledger)
            if ledger.waitsForClock, beginning.reading.isBehind(by: 0) {
                beginning = try restart(beginning, job, transaction)
                ledger = transaction.ledger(beginning, job.scope)
                ledger.beginRule()
                answer = try job.run(ledger)
            }
            return (beginning, ledger, answer)
        }

        private func restart(
            _ beginning: PostgresTransaction.Beginning, _ job: TransactionJob, _ transaction: PostgresTransaction
        ) throws -> PostgresTransaction.Beginning {
            transaction.rollBack()
            try ticker.tick(beginning.reading, transaction.connection)
            return try begin(job, transaction)
        }

        private func begin(
            _ job: TransactionJob, _ transaction: PostgresTransaction
        ) throws -> PostgresTransaction.Beginning {
            let start = ContinuousClock.now
            let beginning = try transaction.begin(job.scope)
            figures.began(job.scope, after: .now - start)
            return beginning
        }
    }

    extension StoreUnavailable {
        static var unsure: StoreUnavailable {
            StoreUnavailable(
                "the database did not say whether the commit has happened, and it may have", mayHaveHappened: true)
        }
    }
#endif
