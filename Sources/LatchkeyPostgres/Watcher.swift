#if Postgres
    import Dispatch
    import LatchkeyCore
    import LatchkeySQL
    import Logging
    import Synchronization
    import Waiting

    /// Looks at what other nodes have committed: when they say so (LISTEN), when somebody here asks, and at regular times
    /// whatever comes. All that a look found is published here before the look counts.
    final class Watcher: Sendable {
        static let channel = "latchkey"

        /// The last look that counted, and when it began.
        private struct Known {
            let check: StoreCheck
            let begun: ContinuousClock.Instant
        }

        private let requests = LookRequests()
        private let known = Mutex<Known?>(nil)
        private let stopping = Atomic<Bool>(false)
        private let exit = Completion()

        init(
            _ settings: PostgresStore.Settings, sequencer: Sequencer, membership: Membership, streams: StreamMarks,
            observer: any StoreObserver, logger: Logger
        ) {
            OwnThread.start("store-watch", owning: streams) { [self] streams in
                let loop = WatcherLoop(
                    settings, sequencer: sequencer, membership: membership, streams: streams, observer: observer,
                    requests: requests, logger: logger)
                while !stopping.load(ordering: .relaxed) {
                    if let (check, begun) = loop.turn({ stopping.load(ordering: .relaxed) }) {
                        known.withLock { $0 = Known(check: check, begun: begun) }
                        loop.tell(check)
                    }
                }
                loop.close()
                requests.close()
                exit.finish()
            }
        }

        var lastCheck: (found: StoreCheck, age: Duration)? {
            known.withLock { $0 }.map { ($0.check, .now - $0.begun) }
        }

        /// See ``SharedStore/catchUp(within:)``.
        func catchUp(within patience: Duration) async -> Bool { await requests.look(within: patience) }

        func stop() async {
            stopping.store(true, ordering: .relaxed)
            requests.bell.ring()
            await exit.wait()
        }
    }

    /// The watcher's thread.
    private final class WatcherLoop {
        private let settings: PostgresStore.Settings
        private let sequencer: Sequencer
        private let membership: Membership
        private let observer: any StoreObserver
        private let requests: LookRequests
        private let logger: Logger
        private let line: PostgresLine
        private var listening: PostgresConnection?
        private var streams: StreamMarks
        private var lookedAt = ContinuousClock.now - .seconds(3600)
        /// When a look last served somebody who had asked.
        private var servedAt = ContinuousClock.now - .seconds(3600)
        /// Whom the look that is under way serves.
        private var served: [Waiter<Bool>] = []
        private var failures = 0
        /// What the log was told last about the failures of this row, and when.
        private var told: (reason: String, at: ContinuousClock.Instant)?
        private var renewedAt = ContinuousClock.now - .seconds(3600)

        /// Between two looks without a notification.
        private var period: Duration { settings.listens ? .seconds(1) : .milliseconds(100) }
        /// Between two signs of life.
        private static let renewal: Duration = .seconds(2)
        /// Between two looks that were asked for.
        private static let pace: Duration = .milliseconds(100)
        /// Between two lines of the log about failures, however often their reason changes.
        private static let logPause: Duration = .seconds(2)
        /// How long a look waits until what it found is published.
        private static let patience = 10

        init(
            _ settings: PostgresStore.Settings, sequencer: Sequencer, membership: Membership, streams: StreamMarks,
            observer: any StoreObserver, requests: LookRequests, logger: Logger
        ) {
            self.settings = settings
            self.sequencer = sequencer
            self.membership = membership
            self.streams = streams
            self.observer = observer
            self.requests = requests
            self.logger = logger
            line = PostgresLine(settings.address.forLooks)
        }

        /// The others need not wait for the lease to end.
        func close() {
            if let connection = try? line.connection() { try? membership.leave(connection) }
            line.close()
        }

        /// Waits for the time to look, and looks.
        /// - Returns: what was found and published, with the time at which the look began; nil when there was none.
        func turn(_ isStopping: () -> Bool) -> (check: StoreCheck, begun: ContinuousClock.Instant)? {
            do {
                let connection = try line.connection()
                if listening !== connection {
                    if settings.listens { try connection.execute(script: "LISTEN \(Watcher.channel)") }
                    listening = connection
                } else {
                    try wait(connection, isStopping)
                }
                if isStopping() { return nil }
                let result = try look(connection)
                if let result, result.begun >= renewedAt + Self.renewal {
                    try membership.renew(connection, published: result.check.sequence)
                    renewedAt = result.begun
                }
                if failures > 1 { logger.notice("The database answers again") }
                failures = 0
                told = nil
                return result
            } catch {
                failed(error)
                return nil
            }
        }

        /// Tells the observer of a look, and then those who have waited for it.
        func tell(_ check: StoreCheck) {
            observer.checked(check)
            for waiter in served { waiter.release(true) }
            served = []
        }

        /// Until a notification, or the time of the next look.
        private func wait(_ connection: PostgresConnection, _ isStopping: () -> Bool) throws {
            while !isStopping() {
                let next = min(lookedAt + period, requests.isEmpty ? .now + period : servedAt + Self.pace)
                let left = next - .now
                guard left > .zero else { return }
                // Rounded up: a wait of zero would only turn in circles until the time comes.
                let milliseconds = left.wholeMilliseconds + 1
                if try connection.waitForNotification(
                    milliseconds: CInt(clamping: milliseconds), except: settings.node, or: requests.bell.descriptor)
                {
                    return
                }
                requests.bell.silence()
            }
        }

        /// - Returns: nil when the history had changed: what a look finds counts from the next one on.
        private func look(
            _ connection: PostgresConnection
        ) throws -> (check: StoreCheck, begun: ContinuousClock.Instant)? {
            let begun = ContinuousClock.now
            lookedAt = begun
            served = requests.take()
            if !served.isEmpty { servedAt = begun }
            let (published, entered) = (sequencer.published, membership.entered)
            let row = try CheckRow.read(connection, now: settings.databaseClock?())
            if let finding = try membership.judge(row, entered, published: published) {
                try rejoin(connection, finding)
                return nil
            }
            settings.following?.follow(row.clock)
            if row.hasUnnumbered || row.state.sequence > published { try wait(for: sequencer.publish) }
            let changed = try streams.changed(connection, sum: row.streams)
            if !changed.isEmpty { observer.streamsChanged(changed) }
            if entered != nil { membership.note(row, published: published) }
            return (row.check(published: sequencer.published), begun)
        }

        private func rejoin(_ connection: PostgresConnection, _ finding: HistoryFinding) throws {
            try membership.rejoin(connection, finding)
            try wait(for: sequencer.restart)
            streams = try StreamMarks(connection, sum: 0)
            observer.streamsChanged(streams.all)
            try membership.follow(connection)
            // Whoever waits is served by the next look.
            requests.putBack(served)
            served = []
            lookedAt = ContinuousClock.now - period
            listening = nil
        }

        /// Has the sequencer do something, and waits until that is done.
        private func wait(for work: (@escaping @Sendable (Bool) -> Void) -> Void) throws {
            let done = DispatchSemaphore(value: 0)
            let outcome = Outcome()
            work { isDone in
                outcome.isDone.store(isDone, ordering: .releasing)
                done.signal()
            }
            guard done.wait(timeout: .now() + .seconds(Self.patience)) == .success,
                outcome.isDone.load(ordering: .acquiring)
            else { throw StoreUnavailable("what other nodes have revoked cannot be published") }
        }

        private final class Outcome: Sendable {
            let isDone = Atomic<Bool>(false)
        }

        private func failed(_ error: any Error) {
            line.close()
            listening = nil
            failures += 1
            // The first time the connection may only have been cut: the next look makes another one.
            if failures == 1 {
                requests.putBack(served)
            } else {
                for waiter in served + requests.take() { waiter.release(false) }
                // Not `error`, which may say how long the line waits and would be another one each time.
                logFailure("\(line.failure ?? error)")
            }
            served = []
            Thread.sleep(milliseconds: failures == 1 ? 1 : 100)
        }

        /// Once for each reason: a database that was away may come back as one that must not be used.
        private func logFailure(_ reason: String) {
            if let told, told.reason.utf8.elementsEqual(reason.utf8) || told.at + Self.logPause > .now { return }
            told = (reason, .now)
            logger.error("the database cannot be looked at", metadata: ["lk.reason": "\(reason)"])
        }
    }
#endif
