package import Glibc
package import LatchkeyCore
import LatchkeySQL
import LatchkeyTokens
package import Logging

/// The store on SQLite: one writer thread with group commit, reader connections, a checkpoint thread.
///
/// The caller holds the lock of the data directory: no other process writes to the file.
/// Architecture.md of LatchkeyCore tells how a batch is written and answered.
package final class SQLiteStore: Store {
    /// Whether an existing database that is older than this program may be changed.
    package enum Schema: Sendable {
        /// `serve` and `db migrate`: applies what is missing.
        case migrate
        /// Every other command: refuses an older database. A database that does not exist yet is created completely.
        case requireCurrent
    }

    package struct Settings: Sendable {
        /// The database file.
        package var path: String
        package var schema = Schema.migrate
        /// Reader connections, each with a thread.
        package var readers = 4
        /// How long one read may take.
        package var readLimit: Duration = .seconds(1)
        /// Closures that may wait for the writer, and reads that may wait for a reader; beyond that, callers get
        /// ``StoreUnavailable`` at once.
        package var waitingLimit = 10_000
        /// Closures that share one commit.
        package var batchLimit = 128
        /// Pages of 4 KiB in the write-ahead log from which it is moved into the database, restarted, and restarted
        /// even if the checkpoint thread does not keep up.
        package var checkpointPages = 128
        package var restartPages = 4_000
        package var boundPages = 16_000
        /// Off only in tests of the writer's own limit.
        package var checkpointThread = true

        package init(path: String) { self.path = path }

        /// `latchkey.sqlite` in the data directory, which must exist.
        package init(dataDirectory: String) { self.init(path: dataDirectory + "/latchkey.sqlite") }
    }

    let file: DatabaseFile
    package let clock: Clock
    package let expiryClock: ExpiryClock
    let logger: Logger
    let writer: WriterThread
    let readers: ReaderPool
    let checkpointer: Checkpointer?
    let log: WriteAheadLog
    let presence: DatabasePresence

    private init(
        file: DatabaseFile, clock: Clock, expiryClock: ExpiryClock, logger: Logger, writer: WriterThread,
        readers: ReaderPool, checkpointer: Checkpointer?, log: WriteAheadLog, presence: DatabasePresence
    ) {
        self.file = file
        self.clock = clock
        self.expiryClock = expiryClock
        self.logger = logger
        self.writer = writer
        self.readers = readers
        self.checkpointer = checkpointer
        self.log = log
        self.presence = presence
    }

    /// Opens the database, creates a missing one, brings its schema up to date where allowed, and starts the threads.
    /// The file and its companions are left with mode 0600.
    ///
    /// - Parameter observer: notified of every committed revocation, on the writer thread.
    /// - Throws: ``MigrationError``, ``StoreUnavailable``, both with a sentence that says what to do.
    package static func open(
        _ settings: Settings, clock: Clock, observer: any StoreObserver, logger: Logger
    ) throws -> SQLiteStore {
        let file = DatabaseFile(path: settings.path)
        do {
            try file.inspect { _ = try Migrator().appliedCount(in: $0) }
            try file.prepare()
            let connection = try file.openWriter()
            try Migrator().run(on: connection, applyPending: settings.schema == .migrate, now: clock.now())
            let start = try StateRow(connection, SQLiteDialect()).row()
            return try launch(settings, file, connection, start, clock, observer, logger)
        } catch let error as DatabaseError {
            throw Failure.dissolves(error) ? Failure.unavailable(error) : StoreFault(error)
        }
    }

    private static func launch(
        _ settings: Settings, _ file: DatabaseFile, _ connection: sending Database, _ start: StoreState, _ clock: Clock,
        _ observer: any StoreObserver, _ logger: Logger
    ) throws -> SQLiteStore {
        let limits = WriterLimits(
            waiting: settings.waitingLimit, batch: max(1, settings.batchLimit),
            checkpointPages: settings.checkpointPages, restartPages: settings.restartPages,
            boundPages: settings.boundPages)
        let log = WriteAheadLog()
        let readers = try ReaderPool(
            file: file, count: settings.readers, limit: settings.readLimit, waiting: settings.waitingLimit)
        let checkpointer =
            settings.checkpointThread ? try Checkpointer(file: file, log: log, limits: limits, logger: logger) : nil
        let floor = start.stored.clockFloor
        let expiryClock = ExpiryClock(clock, floor: floor.milliseconds > 0 ? floor : nil)
        // The state was read through it, so all of its files exist.
        let presence = DatabasePresence(file)
        let writer = WriterThread(
            connection: connection, start: start, clock: clock, observer: observer, limits: limits, log: log,
            presence: presence, checkpointer: checkpointer, logger: logger)
        return SQLiteStore(
            file: file, clock: clock, expiryClock: expiryClock, logger: logger, writer: writer, readers: readers,
            checkpointer: checkpointer, log: log, presence: presence)
    }

    /// The thread that writes; it exists until ``shutdown()``.
    package func writerThread() async throws -> pthread_t { try await writer.perform { _ in pthread_self() }.value }

    /// Checks whether the database's files are still where a start would find them.
    /// - Returns: why nothing is written from now on; nil while all is well.
    package func lookForFiles() -> StoreUnavailable? { presence.look() }

    /// Whether a check has already found that they are not.
    package var isLost: Bool { presence.known != nil }

    /// Refuses new work, finishes waiting work, moves the write-ahead log into the database and closes the file.
    package func shutdown() async {
        await readers.stop()
        await checkpointer?.stop()
        await writer.stop()
    }
}

extension SQLiteStore {
    /// One writer: no rule runs beside another, whatever its scope. What became of a commit is always known.
    package func write<Value: Sendable>(
        _ scope: WriteScope, repeatable: Bool, _ rule: @escaping @Sendable (any Ledger) throws -> Value
    ) async throws -> Written<Value> {
        try await writer.perform { try rule($0) }
    }

    /// The usual way, without its generic types, which are looked up for each refresh.
    package func rotate(_ request: SessionRotation) async throws -> Issuance<RotationOutcome> {
        try await writer.perform { try request.run($0) }.value
    }

    package func read<Value: Sendable>(
        snapshot: Bool, _ body: @escaping @Sendable (any Looks) throws -> Value
    ) async throws -> Value {
        let look = { @Sendable (database: Database) in try body(SQLLooks(database, SQLiteDialect())) }
        return snapshot ? try await readers.snapshot(look) : try await readers.read(look)
    }

    package func later(_ rule: @escaping @Sendable (any Ledger) throws -> Void) { writer.submit { try rule($0) } }

    package func statistics() async throws -> StoreStatistics {
        let now = clock.now()
        let databaseBytes = DatabaseFile.size(file.path)
        let logBytes = DatabaseFile.size(file.writeAheadLogPath)
        let commits = writer.statistics.commits
        let rows = try await read(snapshot: true) { try $0.upkeep.counts(at: now) }
        return StoreStatistics(
            users: rows.users, clients: rows.clients, sessions: rows.sessions, liveRevocations: rows.liveRevocations,
            auditEvents: rows.auditEvents, databaseBytes: databaseBytes, writeAheadLogBytes: logBytes,
            commits: commits)
    }
}
