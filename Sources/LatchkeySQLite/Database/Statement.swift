internal import CSQLite

/// A prepared statement. Belongs to one connection and goes before it.
// Safe: the pointer is valid from init to deinit, and only the connection keeps statements.
@safe final class Statement {
    private let pointer: OpaquePointer
    private unowned let database: Database
    let isReadOnly: Bool
    private let parameters: Int
    /// Between its first step and its reset.
    private(set) var isRunning = false

    init(_ sql: String, of database: Database) throws {
        var prepared: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            database.handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK else { throw database.error(code) }
        guard let statement = unsafe prepared else { throw StoreFault("a statement is empty") }
        unsafe pointer = unsafe statement
        self.database = database
        isReadOnly = unsafe sqlite3_stmt_readonly(statement) != 0
        parameters = Int(unsafe sqlite3_bind_parameter_count(statement))
    }

    deinit { unsafe _ = sqlite3_finalize(pointer) }

    /// Runs the statement from its start, and hands out its rows until `body` asks for no more.
    ///
    /// - Parameter body: gets a row that is valid until it returns.
    func run(_ arguments: [any Bindable], _ body: (Row) throws -> Walk) throws {
        // SQLite would take what an earlier run left in the others.
        guard arguments.count == parameters else {
            throw StoreFault("a statement has \(parameters) parameters and got \(arguments.count)")
        }
        for (index, argument) in arguments.enumerated() {
            let code = argument.bind(to: Slot(self, index + 1))
            guard code == SQLITE_OK else { throw database.error(code) }
        }
        isRunning = true
        defer {
            unsafe sqlite3_reset(pointer)
            isRunning = false
        }
        let row = unsafe Row(pointer)
        while true {
            let code = unsafe sqlite3_step(pointer)
            guard code == SQLITE_ROW else {
                guard code == SQLITE_DONE else { throw database.error(code) }
                return
            }
            guard case .on = try body(row) else {
                // A statement that writes may fail as late as here.
                let code = unsafe sqlite3_reset(pointer)
                guard code == SQLITE_OK else { throw database.error(code) }
                return
            }
        }
    }

    enum Walk {
        case on
        case stop
    }

    /// Where one argument goes.
    @safe struct Slot {
        private let statement: OpaquePointer
        private let index: Int32

        fileprivate init(_ statement: Statement, _ index: Int) {
            unsafe self.statement = statement.pointer
            self.index = Int32(index)
        }

        // SQLite copies text and blobs before the calls return.

        func bindNull() -> Int32 { unsafe sqlite3_bind_null(statement, index) }

        func bind(_ value: Int64) -> Int32 { unsafe sqlite3_bind_int64(statement, index, value) }

        func bind(_ value: String) -> Int32 {
            var value = value
            return value.withUTF8 { text in
                unsafe text.withMemoryRebound(to: CChar.self) { characters in
                    unsafe sqlite3_bind_text(
                        statement, index, characters.baseAddress, Int32(characters.count), Self.copied)
                }
            }
        }

        func bind(_ value: [UInt8]) -> Int32 {
            // A blob of no bytes is not NULL.
            guard !value.isEmpty else { return unsafe sqlite3_bind_zeroblob(statement, index, 0) }
            return unsafe value.withUnsafeBytes { bytes in
                unsafe sqlite3_bind_blob(statement, index, bytes.baseAddress, Int32(bytes.count), Self.copied)
            }
        }

        /// SQLITE_TRANSIENT, a cast that Swift does not import: never called, only compared.
        private static var copied: sqlite3_destructor_type? {
            unsafe unsafeBitCast(-1, to: sqlite3_destructor_type?.self)
        }
    }
}
