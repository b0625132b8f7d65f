#if Postgres
    internal import CPostgres
    import Glibc
    package import LatchkeyCore
    package import LatchkeySQL

    /// One connection to PostgreSQL, with the statements that were prepared on it. On one thread at a time; blocking.
    ///
    /// On libpq itself: it is what PostgreSQL's own tools are made of, it is in every distribution, and a rule that runs
    /// statement after statement on a thread of its own gains nothing from a client that is asynchronous.
    // Safe: the handle is valid from init to `close`, which forgets it.
    @safe package final class PostgresConnection: SQLConnection {
        private struct Prepared {
            let name: String
            let types: [UInt32]
        }

        package let clientSettings = DecodedClientSettings()
        private(set) var handle: OpaquePointer?
        /// How long the server may take to answer; nil: as long as it likes.
        let patience: Duration?
        private var statements: [String: Prepared] = [:]
        /// Writes of this transaction that go out with its next statement.
        private var pending: [Message] = []
        /// Warnings of the server since they were last taken.
        private let warnings = Warnings()
        private var planLife: Duration = .seconds(1)
        private var plansEnd: ContinuousClock.Instant

        /// As long as a server that hangs may hold its callers up. The server's own limit is shorter, so that one that is
        /// well speaks first.
        package static let usualPatience: Duration = .seconds(5)
        private static let mostPending = 64
        private static let longestPlanLife: Duration = .seconds(30)

        /// - Parameter patience: the longest wait for an answer; nil for statements that take their time.
        /// - Throws: ``PostgresError``, ``StoreUnavailable``.
        package init(_ address: PostgresAddress, patience: Duration? = usualPatience) throws {
            self.patience = patience
            plansEnd = .now + planLife
            let opened = unsafe try Self.connect(address)
            unsafe handle = unsafe opened
            guard unsafe PQstatus(opened) == CONNECTION_OK else {
                let message = unsafe PostgresResult.text(PQerrorMessage(opened))
                close()
                throw PostgresError.lost(message)
            }
            // Unretained: this object owns the connection and closes it before it goes.
            unsafe PQsetNoticeReceiver(
                opened,
                { context, result in
                    guard let context = unsafe context else { return }
                    let state = unsafe PostgresResult.text(
                        PQresultErrorField(result, CInt(LATCHKEY_DIAG_SQLSTATE)))
                    unsafe Unmanaged<Warnings>.fromOpaque(context).takeUnretainedValue().states.append(state)
                }, Unmanaged.passUnretained(warnings).toOpaque())
            try execute(script: Self.settings(patience))
            try address.admission?.admit(self, looks: address.looks)
        }

        /// Connects with what the address says, and the limits that it does not say.
        private static func connect(_ address: PostgresAddress) throws -> OpaquePointer? {
            // Of two values for one keyword libpq takes the later one, and the URL stands where its keyword stands.
            var options = [
                ("connect_timeout", "2"), ("tcp_user_timeout", "5000"), ("target_session_attrs", "read-write"),
                ("application_name", "latchkey"), ("dbname", address.url),
            ]
            options += address.place?.options ?? []
            if let password = try address.password() { options.append(("password", password)) }
            let keywords: [UnsafeMutablePointer<CChar>?] = unsafe options.map { unsafe strdup($0.0) }
            let values: [UnsafeMutablePointer<CChar>?] = unsafe options.map { unsafe strdup($0.1) }
            defer { unsafe (keywords + values).forEach { unsafe free($0) } }
            // Both lists end with NULL, and the texts live until they are freed above. 1: dbname may be a whole URL.
            return unsafe PQconnectdbParams(
                keywords.map { unsafe UnsafePointer($0) } + [nil], values.map { unsafe UnsafePointer($0) } + [nil], 1)
        }

        /// Waits are bounded on the server's side, so that a node that hangs holds no lock for long.
        private static func settings(_ patience: Duration?) -> String {
            let limit = patience.map { max(1, $0.wholeMilliseconds * 4 / 5) } ?? 0
            return """
                SET client_encoding = 'UTF8';
                -- What the rules promise rests on it, whatever the database's or the role's default is.
                SET default_transaction_isolation = 'read committed';
                -- An answer waits for the disk, even when an administrator changes the server's default meanwhile.
                SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                    WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false);
                SET statement_timeout = \(limit);
                SET lock_timeout = '2s';
                SET idle_in_transaction_session_timeout = '2s';
                SET client_connection_check_interval = '1s';
                -- Planning a join of six tables costs about as much as running it.
                SET plan_cache_mode = force_generic_plan;
                -- Before a table was first analysed its size is a guess, and compiling a plan takes a tenth of a second.
                SET jit = off
                """
        }

        /// Runs `body` on a connection of its own.
        /// - Throws: what `body` throws, as a caller may see it; ``StoreUnavailable`` for an address that cannot be used.
        static func visit<Value>(_ address: PostgresAddress, _ body: (PostgresConnection) throws -> Value) throws
            -> Value
        {
            try PostgresError.visibly {
                try address.check()
                let connection = try PostgresConnection(address)
                defer { connection.close() }
                return try body(connection)
            }
        }

        deinit { close() }

        package func close() {
            statements = [:]
            pending = []
            unsafe PQfinish(handle)
            unsafe handle = nil
        }

        package var isOpen: Bool { unsafe PQstatus(handle) == CONNECTION_OK }

        /// Inside a transaction, be it one that can only be rolled back.
        var isInsideTransaction: Bool {
            let status = unsafe PQtransactionStatus(handle)
            return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
        }

        // MARK: Plans

        /// Forgets how statements are run, when that was decided some time ago. Between transactions.
        ///
        /// What PostgreSQL decided while a table was empty, such as reading a whole index for each session, it keeps until
        /// the table is analysed. That is a minute after it was filled, and a new cluster would be slow until then.
        func renewPlans() throws {
            guard isOpen, plansEnd <= .now else { return }
            try execute(script: "DISCARD PLANS")
            planLife = min(planLife * 2, Self.longestPlanLife)
            plansEnd = .now + planLife
        }

        // MARK: Transactions

        /// Runs statements without arguments, one after the other.
        package func execute(script: String) throws { try exchange([.script(script)]) }

        /// Begins a transaction with these statements, in one round trip.
        /// - Returns: the last one's result.
        func begin(_ statements: [(sql: String, arguments: [any Bindable])]) throws -> PostgresResult {
            try prepare(statements.map(\.sql))
            let messages = try statements.map { try message($0.sql, $0.arguments) }
            return try last(try exchange([.statement("BEGIN")] + messages))
        }

        /// Begins a transaction that reads from one state of the database, together with its first statement.
        func beginSnapshot() { pending = [.statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")] }

        /// Commits, with what is still to be written, and makes sure that it was one.
        /// - Throws: ``PostgresError``; after ``PostgresError/lost(_:)`` nobody knows whether it has happened, nor after
        ///   ``UnsureCommit``.
        func commit() throws {
            warnings.states = []
            let result = try last(try exchange(takePending() + [.statement("COMMIT")]))
            // A transaction in which a statement failed ends with a quiet ROLLBACK.
            guard result.command.utf8.elementsEqual("COMMIT".utf8) else { throw StoreFault("COMMIT rolled back") }
            try checkWarnings()
        }

        func rollBack() throws {
            pending = []
            try execute(script: "ROLLBACK")
        }

        /// Runs a statement that writes, mostly as a transaction of its own.
        /// - Throws: as ``commit()``.
        func walkCommitting(
            _ sql: String, _ arguments: [any Bindable], _ body: (Row) throws -> Walk
        ) throws {
            try prepare([sql])
            warnings.states = []
            try walk(sql, arguments, body)
            try checkWarnings()
        }

        /// A cancelled wait for a synchronous standby is a warning, and the commit is on one disk only.
        private func checkWarnings() throws {
            guard !warnings.states.contains(where: { $0.utf8.starts(with: "01".utf8) }) else { throw UnsureCommit() }
        }

        // MARK: Statements

        package func walk(_ sql: String, _ arguments: [any Bindable], _ body: (Row) throws -> Walk) throws {
            let result = try execute(sql, arguments)
            for row in 0..<result.rowCount {
                result.row = row
                if case .stop = try body(Row(result)) { return }
            }
        }

        @discardableResult
        package func run(_ sql: String, _ arguments: [any Bindable]) throws -> Int {
            try execute(sql, arguments).changes
        }

        /// Inside a transaction it is sent with the next statement, or with COMMIT: an error comes up there.
        package func write(_ sql: String, _ arguments: [any Bindable]) throws {
            guard isInsideTransaction else {
                try run(sql, arguments)
                return
            }
            pending.append(try message(sql, arguments))
            if pending.count >= Self.mostPending { try exchange(takePending()) }
        }

        package func writeLast(_ sql: String, _ arguments: [any Bindable]) throws { try write(sql, arguments) }

        private func execute(_ sql: String, _ arguments: [any Bindable]) throws -> PostgresResult {
            let message = try message(sql, arguments)
            return try last(try exchange(takePending() + [message]))
        }

        private func takePending() -> [Message] {
            defer { pending = [] }
            return pending
        }

        private func last(_ results: [PostgresResult]) throws -> PostgresResult {
            guard let result = results.last else { throw StoreFault("a statement has no result") }
            return result
        }

        private func message(_ sql: String, _ arguments: [any Bindable]) throws -> Message {
            try prepare([sql])
            guard let statement = statements[sql] else { throw StoreFault("a statement was not prepared") }
            return .execute(statement.name, try PostgresParameters(arguments, statement.types))
        }

        /// Those that are not yet, in one round trip.
        private func prepare(_ texts: [String]) throws {
            let missing = Set(texts.filter { statements[$0] == nil }).sorted()
            guard !missing.isEmpty else { return }
            let named = missing.enumerated().map { (name: "s\(statements.count + $0.offset)", sql: $0.element) }
            let results = try exchange(
                named.flatMap { [.prepare($0.name, PlaceholderText.numbered($0.sql)), .describe($0.name)] })
            guard results.count == 2 * named.count else { throw StoreFault("a statement was not described") }
            for (index, (name, sql)) in named.enumerated() {
                statements[sql] = Prepared(name: name, types: results[2 * index + 1].parameterTypes)
            }
        }
    }

    /// SQLSTATEs of warnings and notices.
    private final class Warnings {
        var states: [String] = []
    }

    /// PostgreSQL committed and said at the same time that it may not be on all the disks that it should.
    struct UnsureCommit: Error {}
#endif
