#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// What one thread of the hot lane does with each set: look, decide, write what was decided, answer; and again with what
    /// was changed or locked by others meanwhile.
    final class HotWorker {
        /// A step that is not answered yet.
        private struct Waiting {
            let job: SessionJob
            var rounds = 0
            var losses = 0
            /// What was written when the connection was lost. It has happened when the row has this lineage.
            var unsure: LineageChange?

            /// Whether it may have happened. Then it is never left to its rule: if the lineage went on meanwhile, that would
            /// take the token for an old one, and end a session because a connection was lost.
            var isInDoubt: Bool { unsure != nil || job.isInDoubt }
        }

        private let settings: PostgresStore.Settings
        private let ticker: ClockTicker
        private let pool: TransactionPool
        private let figures: NodeFigures
        private let putBack: @Sendable (SessionJob) -> Bool
        private let line: PostgresLine
        private var waiting: [Waiting] = []

        /// After that many rounds the rule waits for whoever has the row.
        private static let rounds = 5
        /// The transaction whose end nobody saw may still hold its rows.
        private static let roundsInDoubt = 20

        /// - Parameter putBack: takes a job again; false when the lane is closed.
        init(
            _ settings: PostgresStore.Settings, ticker: ClockTicker, pool: TransactionPool, figures: NodeFigures,
            putBack: @escaping @Sendable (SessionJob) -> Bool
        ) {
            self.putBack = putBack
            self.figures = figures
            self.settings = settings
            self.ticker = ticker
            self.pool = pool
            line = PostgresLine(settings.address, patience: settings.patience)
        }

        var isIdle: Bool { waiting.isEmpty }
        var waitingCount: Int { waiting.count }

        func close() { line.close() }

        /// One round: of what still waits, and of these.
        func run(_ jobs: [HotLane.Job]) {
            var tokens: [ClientTokenJob] = []
            var steps = waiting
            waiting = []
            for job in jobs {
                switch job {
                case .session(let step): steps.append(Waiting(job: step))
                case .token(let token): tokens.append(token)
                }
            }
            figures.decided(steps.count + tokens.count)
            if !tokens.isEmpty { answer(tokens) }
            if !steps.isEmpty { run(steps) }
        }

        // MARK: Sessions

        private func run(_ steps: [Waiting]) {
            // A server that was cut off from us needs a moment to end what it was doing.
            if steps.contains(where: { $0.unsure != nil }) { Thread.sleep(milliseconds: 5) }
            let statements: HotStatements
            let look: HotLook<SessionID, SessionRecord>
            do {
                statements = HotStatements(connection: try line.connection(), now: settings.databaseClock?())
                look = try fresh(statements) { try statements.sessions(Array(Set(steps.map(\.job.session)))) }
            } catch {
                for step in steps { again(step, after: error) }
                return
            }
            var round = Round()
            for step in steps { decide(step, look, &round) }
            finish(round, look, statements)
            if let reading = look.reading { ticker.tickAfterwards(reading, statements.connection) }
        }

        /// A look whose clock is not too far behind.
        private func fresh<Key, Found>(
            _ statements: HotStatements, _ look: () throws -> HotLook<Key, Found>
        ) throws -> HotLook<Key, Found> {
            let first = try look()
            guard let reading = first.reading, reading.isBehind(by: ticker.lag) else { return first }
            try ticker.tick(reading, statements.connection)
            return try look()
        }

        /// What the decisions of one round come to.
        private struct Round {
            var changes: [SessionID: (change: LineageChange, step: Waiting, answer: @Sendable () -> Void)] = [:]
            /// Answers that rest on a transaction whose end nobody saw.
            var unconfirmed: [(step: Waiting, answer: @Sendable () -> Void)] = []
            /// For the next second, which has come.
            var late: [Waiting] = []
        }

        private func decide(
            _ step: Waiting, _ look: HotLook<SessionID, SessionRecord>, _ round: inout Round
        ) {
            let id = step.job.session
            do {
                var record = try look.found[id]?.get()
                var isDone = false
                if let unsure = step.unsure, let found = record, found.session.lineage == unsure.lineage {
                    // It has happened. Judged as it was then, the answer is the one that was on its way.
                    isDone = true
                    record?.session.lineage = unsure.session.lineage
                }
                switch try step.job.decide(record, look.moment ?? .unread) {
                case .answer(let answer):
                    step.isInDoubt ? round.unconfirmed.append((step, answer)) : answer()
                case .wait(let answer):
                    if look.reading?.isBehind(by: 0) == true, step.rounds < Self.rounds {
                        round.late.append(step)
                    } else {
                        answer()
                    }
                case .rule: leave(step)
                case .advance(_, let answer) where isDone: round.unconfirmed.append((step, answer))
                case .advance(let lineage, let answer):
                    guard let session = record?.session else { return leave(step) }
                    let change = LineageChange(session: session, lineage: lineage)
                    guard change.isPlain else { return leave(step) }
                    // One for each session: the next one finds its successor.
                    if round.changes[id] != nil { return waiting.append(step) }
                    round.changes[id] = (change, step, answer)
                }
            } catch {
                step.job.fail(PostgresError.visible(error))
            }
        }

        private func finish(
            _ round: Round, _ look: HotLook<SessionID, SessionRecord>, _ statements: HotStatements
        ) {
            write(Array(round.changes.values), statements)
            if !round.unconfirmed.isEmpty {
                do {
                    try PostgresTransaction.confirm(statements.connection)
                    for (_, answer) in round.unconfirmed { answer() }
                } catch {
                    for (step, _) in round.unconfirmed { again(step, after: error) }
                }
            }
            guard !round.late.isEmpty, let reading = look.reading else { return }
            do {
                try ticker.tick(reading, statements.connection)
                for step in round.late { again(step) }
            } catch {
                for step in round.late { again(step, after: error) }
            }
        }

        private func write(
            _ changes: [(change: LineageChange, step: Waiting, answer: @Sendable () -> Void)],
            _ statements: HotStatements
        ) {
            guard !changes.isEmpty else { return }
            do {
                let start = ContinuousClock.now
                let written = try statements.advance(changes.map(\.change))
                if !written.isEmpty { figures.committed(written.count, in: .now - start) }
                if written.count < changes.count { figures.conflicted(changes.count - written.count) }
                for (_, step, answer) in changes {
                    if written.contains(step.job.session) { answer() } else { again(step) }
                }
            } catch let error where Self.isUnsure(error, statements.connection) {
                for (change, step, _) in changes {
                    var step = step
                    step.unsure = change
                    again(step)
                }
            } catch let error as PostgresError where error.isConflict {
                figures.conflicted(changes.count)
                for (_, step, _) in changes { again(step) }
            } catch let error as PostgresError where error.isUnavailable {
                for (_, step, _) in changes { again(step, after: error) }
            } catch {
                // A single one is at fault, and the rules run one by one.
                for (_, step, _) in changes { leave(step) }
            }
        }

        private static func isUnsure(_ error: any Error, _ connection: PostgresConnection) -> Bool {
            if error is UnsureCommit { return true }
            guard let error = error as? PostgresError else { return false }
            return error.isConnectionLost || !connection.isOpen
        }

        // MARK: What is not answered in this round

        private func again(_ step: Waiting) {
            var step = step
            step.rounds += 1
            let limit = step.isInDoubt ? Self.roundsInDoubt : Self.rounds
            if step.rounds < limit { waiting.append(step) } else { leave(step) }
        }

        /// Nothing was written: once more if the connection was lost.
        private func again(_ step: Waiting, after error: any Error) {
            guard (error as? PostgresError)?.endsConnection == true, step.losses == 0 else {
                return step.job.fail(step.isInDoubt ? StoreUnavailable.unsure : PostgresError.visible(error))
            }
            var step = step
            step.losses += 1
            waiting.append(step)
        }

        /// Leaves a step to its rule, which may wait for a lock. If nobody sees its commit end, it comes back.
        private func leave(_ step: Waiting) {
            guard !step.isInDoubt else { return step.job.fail(StoreUnavailable.unsure) }
            let (job, putBack) = (step.job, putBack)
            let rule = TransactionJob(
                scope: .session(job.session), repeatable: false, run: job.run,
                fail: { error in
                    var again = job
                    again.isInDoubt = true
                    let isUnsure = (error as? StoreUnavailable)?.mayHaveHappened == true
                    if !isUnsure || !putBack(again) { job.fail(error) }
                })
            guard pool.push(rule) else {
                return job.fail(StoreUnavailable("too many writes wait, or the store is closed"))
            }
        }

        // MARK: Client tokens

        private func answer(_ jobs: [ClientTokenJob]) {
            do {
                let look = try onOneConnection { statements in
                    let look = try fresh(statements) { try statements.clients(jobs.map(\.order)) }
                    // Nobody is asked to wait for a second that has come.
                    guard let reading = look.reading, reading.isBehind(by: 0), Self.waits(jobs, look) else {
                        return look
                    }
                    try ticker.tick(reading, statements.connection)
                    return try statements.clients(jobs.map(\.order))
                }
                for (place, job) in jobs.enumerated() {
                    do { job.answer(try Self.decide(job, look, place)) } catch { job.fail(error) }
                }
            } catch {
                for job in jobs { job.fail(PostgresError.visible(error)) }
            }
        }

        private static func decide(
            _ job: ClientTokenJob, _ look: HotLook<Int, (client: Client?, user: User?)>, _ place: Int
        ) throws -> Issuance<IssuedClient> {
            guard let found = try look.found[place]?.get(), let moment = look.moment else {
                throw StoreFault("a client token was not looked up")
            }
            return try ClientTokenRules.decide(job.order, client: found.client, user: found.user, moment)
        }

        private static func waits(
            _ jobs: [ClientTokenJob], _ look: HotLook<Int, (client: Client?, user: User?)>
        ) -> Bool {
            jobs.enumerated().contains { place, job in
                if case .wait? = try? decide(job, look, place) { true } else { false }
            }
        }

        /// Reads, and once more on another connection when this one is lost.
        private func onOneConnection<Value>(_ body: (HotStatements) throws -> Value) throws -> Value {
            do {
                return try body(HotStatements(connection: try line.connection(), now: settings.databaseClock?()))
            } catch let error as PostgresError where error.endsConnection {
                return try body(HotStatements(connection: try line.connection(), now: settings.databaseClock?()))
            }
        }
    }

    extension IssuanceMoment {
        /// For what is decided without a row, where time does not matter.
        fileprivate static let unread = IssuanceMoment(
            wall: Timestamp(milliseconds: 0), floor: Timestamp(milliseconds: 0), issuedBefore: nil, keyVersion: 0)
    }
#endif
