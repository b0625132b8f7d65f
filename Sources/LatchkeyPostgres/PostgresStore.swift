#if Postgres
    import LatchkeyBytes
    package import LatchkeyCore
    import LatchkeySQL
    package import LatchkeyTokens
    package import Logging

    /// The store on PostgreSQL: a transaction for each rule on a pool of connections, readers, and the sequencer that
    /// numbers the revocation log.
    package final class PostgresStore: Store {
        package struct Settings: Sendable {
            package var address: PostgresAddress
            /// Connections that write, and those that read, each with a thread.
            package var connections = 8
            package var readers = 4
            /// Rules that may wait for a connection, and reads as well; beyond, callers get ``StoreUnavailable`` at once.
            package var waitingLimit = 10_000
            /// How many seconds the clock's row may be behind the database's clock.
            package var clockLag: Int64 = 1
            /// Whether other nodes' revocations are heard of by LISTEN; otherwise they are looked for ten times a second.
            package var listens = true
            /// Set by the database's clock as often as that is read.
            package var following: FollowingClock?
            /// Takes the place of the database's clock. For tests.
            package var databaseClock: (@Sendable () -> Timestamp)?
            /// Names the node that is opened with these settings.
            fileprivate(set) var node = ""

            package init(_ address: PostgresAddress) { self.address = address }
        }

        package let clock: Clock
        package let expiryClock: ExpiryClock
        package let node: String
        private let pool: TransactionPool
        private let readers: PostgresReaders
        private let sequencer: Sequencer
        private let watcher: Watcher

        private init(
            clock: Clock, expiryClock: ExpiryClock, node: String, pool: TransactionPool, readers: PostgresReaders,
            sequencer: Sequencer, watcher: Watcher
        ) {
            self.node = node
            self.clock = clock
            self.expiryClock = expiryClock
            self.pool = pool
            self.readers = readers
            self.sequencer = sequencer
            self.watcher = watcher
        }

        /// Connects, brings the schema up to date, and starts the threads.
        /// - Parameter observer: told of every revocation that was committed, on the sequencer's thread, and of looks at
        ///   the database, on the watcher's.
        /// - Throws: ``StoreUnavailable``, ``StoreFault``, with a sentence that says what to do.
        package static func open(
            _ settings: Settings, clock: Clock, observer: any StoreObserver, logger: Logger
        ) throws -> PostgresStore {
            var settings = settings
            settings.node = Hexadecimal.string(RandomBytes.make(8))
            do {
                try settings.address.check()
                let connection = try PostgresConnection(settings.address)
                defer { connection.close() }
                try ServerCheck.run(connection)
                let reading = try PostgresTransaction.databaseClock(connection)
                settings.following?.follow(reading)
                try PostgresMigrator().run(on: connection, now: clock.now())
                try MoveMark.open(connection)
                let found = try CheckRow.read(connection, now: settings.databaseClock?())
                let sequencer = Sequencer(
                    settings, published: found.lastSequence, observer: observer, logger: logger)
                return PostgresStore(
                    clock: clock,
                    expiryClock: ExpiryClock(
                        clock, floor: found.second > 0 ? Timestamp(seconds: found.second) : nil),
                    node: settings.node,
                    pool: TransactionPool(settings, sequencer: sequencer, observer: observer, logger: logger),
                    readers: PostgresReaders(settings), sequencer: sequencer,
                    watcher: Watcher(
                        settings, sequencer: sequencer, streams: try StreamMarks(connection, sum: found.streams),
                        observer: observer, logger: logger))
            } catch {
                throw PostgresError.visible(error)
            }
        }

        /// Whether nothing in the database was sealed with a master key.
        package static func isUntouched(_ settings: Settings) throws -> Bool {
            do {
                try settings.address.check()
                let connection = try PostgresConnection(settings.address)
                defer { connection.close() }
                guard try connection.holds("SELECT to_regclass('key_state') IS NOT NULL") else { return true }
                try MoveMark.check(connection)
                return try connection.holds("SELECT master_key_probe IS NULL FROM key_state")
            } catch {
                throw PostgresError.visible(error)
            }
        }

        /// Refuses new work, finishes what waits, and closes the connections.
        package func shutdown() async {
            await watcher.stop()
            await readers.stop()
            await pool.stop()
            await sequencer.stop()
        }
    }

    extension PostgresStore: SharedStore {
        package var sharing: (any SharedStore)? { self }

        package var lastCheck: (found: StoreCheck, age: Duration)? { watcher.lastCheck }

        package func catchUp(within patience: Duration) async -> Bool { await watcher.catchUp(within: patience) }
    }

    extension PostgresStore {
        package func write<Value: Sendable>(
            _ scope: WriteScope, _ rule: @escaping @Sendable (any Ledger) throws -> Value
        ) async throws -> Written<Value> {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Written<Value>, any Error>) in
                let job = TransactionJob(
                    scope: scope,
                    run: { ledger in
                        let value = try rule(ledger)
                        return { continuation.resume(returning: Written(value: value, records: $0)) }
                    },
                    fail: { continuation.resume(throwing: $0) })
                if !pool.push(job) {
                    continuation.resume(throwing: StoreUnavailable("too many writes wait, or the store is closed"))
                }
            }
        }

        package func read<Value: Sendable>(
            snapshot: Bool, _ body: @escaping @Sendable (any Looks) throws -> Value
        ) async throws -> Value {
            try await readers.perform(snapshot: snapshot, body)
        }

        package func later(_ rule: @escaping @Sendable (any Ledger) throws -> Void) {
            _ = pool.push(
                TransactionJob(
                    scope: .rows,
                    run: { ledger in
                        try rule(ledger)
                        return { _ in }
                    }, fail: { _ in }))
        }

        package func statistics() async throws -> StoreStatistics {
            let now = clock.now()
            let rows = try await read(snapshot: true) { try $0.upkeep.counts(at: now) }
            return StoreStatistics(
                users: rows.users, clients: rows.clients, sessions: rows.sessions,
                liveRevocations: rows.liveRevocations, auditEvents: rows.auditEvents, databaseBytes: 0,
                writeAheadLogBytes: 0, batches: 0, transactions: 0, commitTimes: CommitTimes())
        }
    }
#endif
