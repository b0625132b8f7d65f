#if Postgres
    import LatchkeyBytes
    package import LatchkeyCore
    package import LatchkeyMigrations
    import LatchkeySQL
    package import LatchkeyTokens
    package import Logging
    import Waiting

    /// The store on PostgreSQL: a transaction for each rule on a pool of connections, readers, and the sequencer that
    /// numbers the revocation log.
    package final class PostgresStore: Store {
        package struct Settings: Sendable {
            package var address: PostgresAddress
            /// Connections that write, and those that read, each with a thread.
            package var connections = 8
            package var readers = 4
            /// Connections of the hot lane, each with a thread.
            package var hotConnections = 2
            /// The longest wait for an answer of the database, after which the connection is given up.
            package var patience = PostgresConnection.usualPatience
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
            /// For people: the machine's name, and the program with its version.
            package var name = ""
            package var program = ""
            /// The file in which the node keeps what it knew of the database; nil: it keeps nothing.
            package var seenFile: String?
            /// The files of the schema that the program knows.
            package var migrations = Migrations.postgres
            var schema: Int64 { Int64(migrations.count) }
            /// Names the node that is opened with these settings.
            fileprivate(set) var node = ""

            package init(_ address: PostgresAddress) { self.address = address }
        }

        package let clock: Clock
        package let expiryClock: ExpiryClock
        package let node: String
        let pool: TransactionPool
        let lane: HotLane
        private let counted: NodeFigures
        private let readers: PostgresReaders
        private let sequencer: Sequencer
        private let watcher: Watcher
        private let membership: Membership

        private init(
            clock: Clock, expiryClock: ExpiryClock, node: String, pool: TransactionPool, lane: HotLane,
            counted: NodeFigures, readers: PostgresReaders, sequencer: Sequencer, watcher: Watcher,
            membership: Membership
        ) {
            self.membership = membership
            self.node = node
            self.clock = clock
            self.expiryClock = expiryClock
            self.pool = pool
            self.lane = lane
            self.counted = counted
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
                let seen = try settings.seen()
                let admission = Admission(seen: seen?.state.identity)
                settings.address.admission = admission
                let membership = Membership(settings, admission: admission, logger: logger)
                let line = PostgresLine(settings.address)
                defer { line.close() }
                let connection = try line.connection()
                try ServerCheck.run(connection)
                // Before the schema is made, which would leave tables in a database that somebody has mistyped.
                if seen != nil, try connection.holds("SELECT to_regclass('history') IS NULL") {
                    throw StoreUnavailable(HistoryFinding.foreign(.replaced).sentence)
                }
                let reading = try PostgresTransaction.databaseClock(connection)
                settings.following?.follow(reading)
                try PostgresMigrator(settings.migrations).run(on: connection, now: clock.now())
                try MoveMark.open(connection)
                let found = try CheckRow.read(connection, now: settings.databaseClock?())
                let sequencer = Sequencer(
                    settings, published: found.state.sequence, memory: membership.memory, observer: observer,
                    logger: logger)
                let ticker = ClockTicker(lag: settings.clockLag)
                let counted = NodeFigures()
                let pool = TransactionPool(
                    settings, ticker: ticker, sequencer: sequencer, observer: observer, figures: counted)
                return PostgresStore(
                    clock: clock,
                    expiryClock: ExpiryClock(
                        clock, floor: found.state.second > 0 ? Timestamp(seconds: found.state.second) : nil),
                    node: settings.node, pool: pool,
                    lane: HotLane(settings, ticker: ticker, pool: pool, figures: counted), counted: counted,
                    readers: PostgresReaders(settings), sequencer: sequencer,
                    watcher: Watcher(
                        settings, sequencer: sequencer, membership: membership,
                        streams: try StreamMarks(connection, sum: found.streams), observer: observer,
                        logger: logger),
                    membership: membership)
            } catch {
                throw PostgresError.visible(error)
            }
        }

        /// Whether nothing in the database was sealed with a master key.
        package static func isUntouched(_ settings: Settings) throws -> Bool {
            try PostgresConnection.visit(settings.address) { connection in
                guard try connection.holds("SELECT to_regclass('key_state') IS NOT NULL") else { return true }
                try MoveMark.check(connection)
                return try connection.holds("SELECT master_key_probe IS NULL FROM key_state")
            }
        }

        /// Refuses new work, finishes what waits, and closes the connections.
        package func shutdown() async {
            await readers.stop()
            // Before the pool, which does what the lane leaves to rules.
            await lane.stop()
            await pool.stop()
            // After what it serves: by it the others see that this node lives.
            await watcher.stop()
            await sequencer.stop()
        }
    }

    extension PostgresStore: SharedStore {
        package var sharing: (any SharedStore)? { self }

        package var lastCheck: (found: StoreCheck, age: Duration)? { watcher.lastCheck }

        package var isLogUnreadable: Bool { sequencer.isUnreadable }

        package var refusal: String? { membership.refusal }

        package func catchUp(within patience: Duration) async -> Bool { await watcher.catchUp(within: patience) }

        package var figures: SharingFigures {
            var figures = counted.sharing
            figures.refusedConnections = membership.refusedConnections
            return figures
        }

        package func enter(_ card: NodeCard) async throws {
            let membership = membership
            try await OwnThread.run("store-enter") { try membership.enter(card) }
        }

        package func nodes() async throws -> [NodeRecord] {
            try await read(snapshot: false) { try NodeTable(connection: try Self.connection(of: $0)).all() }
        }

        package func note(longest: Duration, skew: Duration) async throws -> (longest: Duration, skew: Duration) {
            let own = membership.change {
                $0.longest = longest
                $0.skew = skew
            }
            let published = sequencer.published
            let greatest = try await write(.rows) { ledger in
                let table = NodeTable(connection: try Self.connection(of: ledger))
                if let own { try table.write(own, published: published) }
                return try table.greatest()
            }.value
            return (max(longest, greatest.longest), max(skew, greatest.skew))
        }

        package func note(_ masterKeys: MasterKeyFingerprints) async throws {
            guard let own = membership.change({ $0.masterKeys = masterKeys }) else { return }
            let published = sequencer.published
            try await write(.rows) { ledger in
                try NodeTable(connection: try Self.connection(of: ledger)).write(own, published: published)
            }.value
        }

        package func lease(_ work: SharedWork, for time: Duration) async throws -> Bool {
            let node = node
            return try await write(.rows) { ledger in
                try NodeTable(connection: try Self.connection(of: ledger)).lease(work, to: node, for: time)
            }.value
        }

        private static func connection(of looks: any Looks) throws -> any SQLConnection {
            guard let looks = looks as? SQLLooks else { throw StoreFault("a read on another engine") }
            return looks.connection
        }

        private static func connection(of ledger: any Ledger) throws -> any SQLConnection {
            guard let ledger = ledger as? SQLLedger else { throw StoreFault("a rule on another engine") }
            return ledger.connection
        }
    }

    extension PostgresStore {
        package func write<Value: Sendable>(
            _ scope: WriteScope, repeatable: Bool, _ rule: @escaping @Sendable (any Ledger) throws -> Value
        ) async throws -> Written<Value> {
            try await withCheckedThrowingContinuation {
                (continuation: CheckedContinuation<Written<Value>, any Error>) in
                let job = TransactionJob(
                    scope: scope, repeatable: repeatable,
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
                    scope: .rows, repeatable: false,
                    run: { ledger in
                        try rule(ledger)
                        return { _ in }
                    }, fail: { _ in }))
        }

        package func statistics() async throws -> StoreStatistics {
            let now = clock.now()
            let (rows, bytes) = try await read(snapshot: true) { looks in
                let bytes = try Self.connection(of: looks).integer("SELECT pg_database_size(current_database())")
                return (try looks.upkeep.counts(at: now), bytes)
            }
            return StoreStatistics(
                users: rows.users, clients: rows.clients, sessions: rows.sessions,
                liveRevocations: rows.liveRevocations, auditEvents: rows.auditEvents, databaseBytes: bytes,
                writeAheadLogBytes: nil, commits: counted.commits)
        }
    }
#endif
