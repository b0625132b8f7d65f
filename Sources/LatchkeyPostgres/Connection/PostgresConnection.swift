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
        private var handle: OpaquePointer?
        private var statements: [String: Prepared] = [:]
        /// Warnings of the server since they were last taken.
        private let warnings = Warnings()

        /// - Throws: ``PostgresError``, ``StoreUnavailable``.
        package init(_ address: PostgresAddress) throws {
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
            for setting in Self.settings { try execute(script: setting) }
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
        private static let settings = [
            "SET client_encoding = 'UTF8'", "SET statement_timeout = '5s'", "SET lock_timeout = '2s'",
            "SET idle_in_transaction_session_timeout = '2s'", "SET client_connection_check_interval = '1s'",
            // Planning a join of six tables costs about as much as running it.
            "SET plan_cache_mode = force_generic_plan",
            // Right after the tables were made PostgreSQL takes tables of one row for large ones, and compiles a statement
            // for half a second each time that it runs.
            "SET jit = off",
        ]

        deinit { close() }

        package func close() {
            statements = [:]
            unsafe PQfinish(handle)
            unsafe handle = nil
        }

        package var isOpen: Bool { unsafe PQstatus(handle) == CONNECTION_OK }

        /// Inside a transaction, be it one that can only be rolled back.
        var isInsideTransaction: Bool {
            let status = unsafe PQtransactionStatus(handle)
            return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
        }

        /// Runs statements without arguments, one after the other.
        package func execute(script: String) throws {
            _ = unsafe try PostgresResult(PQexec(handle, script), handle)
        }

        /// Commits, and makes sure that it was one.
        /// - Throws: ``PostgresError``; after ``PostgresError/lost(_:)`` nobody knows whether it has happened, nor after
        ///   ``UnsureCommit``.
        func commit() throws {
            warnings.states = []
            let result = unsafe try PostgresResult(PQexec(handle, "COMMIT"), handle)
            // A transaction in which a statement failed ends with a quiet ROLLBACK.
            guard result.command.utf8.elementsEqual("COMMIT".utf8) else { throw StoreFault("COMMIT rolled back") }
            // A cancelled wait for a synchronous standby is a warning, and the commit is on one disk only.
            guard !warnings.states.contains(where: { $0.utf8.starts(with: "01".utf8) }) else { throw UnsureCommit() }
        }

        // MARK: Notifications

        /// Waits for a notification of a channel that was listened to, for something that ends the connection, for another
        /// descriptor, or for the time to pass. Takes all that have come.
        /// - Parameters:
        ///   - own: the payload of notifications that do not count.
        ///   - descriptor: readable when the wait is over for another reason.
        /// - Returns: whether there was one.
        /// - Throws: ``PostgresError/lost(_:)``.
        func waitForNotification(milliseconds: CInt, except own: String, or descriptor: CInt) throws -> Bool {
            var waits = unsafe [PQsocket(handle), descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            // The array lives for the call, which fills its two places.
            unsafe _ = poll(&waits, 2, milliseconds)
            guard unsafe PQconsumeInput(handle) == 1 else {
                throw unsafe PostgresError.lost(PostgresResult.text(PQerrorMessage(handle)))
            }
            var hasCome = false
            while let notification = unsafe PQnotifies(handle) {
                if unsafe !PostgresResult.text(notification.pointee.extra).utf8.elementsEqual(own.utf8) {
                    hasCome = true
                }
                unsafe PQfreemem(notification)
            }
            return hasCome
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

        package func writeLast(_ sql: String, _ arguments: [any Bindable]) throws { try run(sql, arguments) }

        private func execute(_ sql: String, _ arguments: [any Bindable]) throws -> PostgresResult {
            let statement = try prepared(sql)
            let parameters = try PostgresParameters(arguments, statement.types)
            return try unsafe parameters.withPointers { values, lengths, forms in
                unsafe try PostgresResult(
                    PQexecPrepared(
                        handle, statement.name, CInt(statement.types.count), values, lengths, forms, 1), handle)
            }
        }

        private func prepared(_ sql: String) throws -> Prepared {
            if let known = statements[sql] { return known }
            let name = "s\(statements.count)"
            _ = unsafe try PostgresResult(PQprepare(handle, name, PlaceholderText.numbered(sql), 0, nil), handle)
            let description = unsafe PQdescribePrepared(handle, name)
            defer { unsafe PQclear(description) }
            guard unsafe PQresultStatus(description) == PGRES_COMMAND_OK else {
                throw unsafe PostgresError.lost(PostgresResult.text(PQerrorMessage(handle)))
            }
            let types = unsafe (0..<PQnparams(description)).map { unsafe PQparamtype(description, $0) }
            let prepared = Prepared(name: name, types: types)
            statements[sql] = prepared
            return prepared
        }
    }

    /// SQLSTATEs of warnings and notices.
    private final class Warnings {
        var states: [String] = []
    }

    /// PostgreSQL committed and said at the same time that it may not be on all the disks that it should.
    struct UnsureCommit: Error {}
#endif
