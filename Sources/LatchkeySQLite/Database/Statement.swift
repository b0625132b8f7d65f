internal import CSQLite
import Glibc
import LatchkeyCore
import LatchkeySQL

/// A prepared statement. It belongs to one connection and is finalised before that.
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

    /// Runs the statement from its start, and passes its rows on until `body` asks for no more.
    ///
    /// - Parameter body: gets a row that is valid until it returns.
    func run(_ arguments: [any Bindable], _ body: (Row) throws -> Walk) throws {
        // SQLite would reuse the values of an earlier run for the others.
        guard arguments.count == parameters else {
            throw StoreFault("a statement has \(parameters) parameters and got \(arguments.count)")
        }
        for (index, argument) in arguments.enumerated() {
            let code = bind(argument.sqlValue, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw database.error(code) }
        }
        isRunning = true
        defer {
            unsafe sqlite3_reset(pointer)
            isRunning = false
        }
        let row = Row(self)
        while true {
            let code = unsafe sqlite3_step(pointer)
            guard code == SQLITE_ROW else {
                guard code == SQLITE_DONE else { throw database.error(code) }
                return
            }
            guard case .on = try body(row) else {
                // A writing statement may fail as late as here.
                let code = unsafe sqlite3_reset(pointer)
                guard code == SQLITE_OK else { throw database.error(code) }
                return
            }
        }
    }

    /// SQLite copies text and blobs before the calls return.
    private func bind(_ value: SQLValue, at index: Int32) -> Int32 {
        switch value {
        case .null: return unsafe sqlite3_bind_null(pointer, index)
        case .integer(let value): return unsafe sqlite3_bind_int64(pointer, index, value)
        case .text(var value):
            return value.withUTF8 { text in
                unsafe text.withMemoryRebound(to: CChar.self) { characters in
                    unsafe sqlite3_bind_text(
                        pointer, index, characters.baseAddress, Int32(characters.count), Self.copied)
                }
            }
        case .blob(let value):
            // An empty blob is not NULL.
            guard !value.isEmpty else { return unsafe sqlite3_bind_zeroblob(pointer, index, 0) }
            return unsafe value.withUnsafeBytes { bytes in
                unsafe sqlite3_bind_blob(pointer, index, bytes.baseAddress, Int32(bytes.count), Self.copied)
            }
        }
    }

    /// SQLITE_TRANSIENT, a cast that Swift does not import: never called, only compared.
    private static var copied: sqlite3_destructor_type? {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type?.self)
    }
}

/// The current row. Only ``Statement/run(_:_:)`` passes it on, and it steps on after the reader has returned.
extension Statement: RowSource {
    func isNull(_ index: Int) -> Bool { unsafe sqlite3_column_type(pointer, Int32(index)) == SQLITE_NULL }

    func integer(_ index: Int) -> Int64 { unsafe sqlite3_column_int64(pointer, Int32(index)) }

    func text(_ index: Int) -> String {
        unsafe withBytes(index) { bytes in unsafe String(decoding: bytes, as: UTF8.self) }
    }

    func blob(_ index: Int) -> [UInt8] { unsafe withBytes(index) { bytes in unsafe Array(bytes) } }

    func holds(_ bytes: [UInt8], _ index: Int) -> Bool {
        unsafe withBytes(index) { stored in
            unsafe bytes.withUnsafeBytes { given in
                guard stored.count == given.count else { return false }
                guard let one = stored.baseAddress, let other = given.baseAddress else { return true }
                return unsafe memcmp(one, other, stored.count) == 0
            }
        }
    }

    /// The bytes of a text or a blob, which SQLite keeps until the next step.
    private func withBytes<Value>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        // In this order, as SQLite requires: the first call may convert, the second counts the result.
        let start = unsafe sqlite3_column_blob(pointer, Int32(index))
        let count = unsafe sqlite3_column_bytes(pointer, Int32(index))
        return unsafe body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }
}
