import CSQLite
import Glibc

/// The database of a stopped server, opened to be filled fast: nothing is durable until ``close()``.
// Safe: nothing hands the pointers out, and they live until close.
@safe final class BulkDatabase {
    private var database: OpaquePointer?
    private let path: String

    init(path: String) throws {
        self.path = path
        var handle: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
        unsafe database = handle
        guard code == SQLITE_OK else { throw BenchFailure("SQLite cannot open \(path): error \(code).") }
        // A crash costs this folder and nothing else, so no journal either; threads and cache are for the indexes.
        // The rows keep all CHECKs: `latchkey db check` says so.
        try run(
            """
            PRAGMA journal_mode = DELETE;
            PRAGMA journal_mode = OFF;
            PRAGMA synchronous = OFF;
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA cache_size = -262144;
            PRAGMA threads = 2;
            PRAGMA ignore_check_constraints = ON;
            """)
    }

    deinit { unsafe sqlite3_close_v2(database) }

    func run(_ sql: String) throws {
        let code = unsafe sqlite3_exec(database, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// The texts of the first row of a query; empty without a row.
    func row(_ sql: String) throws -> [String] { try rows(sql).first ?? [] }

    func rows(_ sql: String) throws -> [[String]] {
        let statement = unsafe try prepare(sql)
        defer { _ = unsafe sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            rows.append(
                (0..<(unsafe sqlite3_column_count(statement))).map { column in
                    // The text is copied before the statement goes on.
                    unsafe sqlite3_column_text(statement, column).map { unsafe String(cString: $0) } ?? ""
                })
        }
        return rows
    }

    /// Inserts rows in one transaction.
    /// - Parameter bind: binds the parameters of row `number`.
    func insert(_ count: Int, _ sql: String, _ bind: (Binder, _ number: Int) -> Void) throws {
        let statement = unsafe try prepare(sql)
        defer { _ = unsafe sqlite3_finalize(statement) }
        let binder = unsafe Binder(statement: statement)
        try run("BEGIN")
        for number in 0..<count {
            bind(binder, number)
            let code = unsafe sqlite3_step(statement)
            guard code == SQLITE_DONE else { throw failure(code) }
            unsafe sqlite3_reset(statement)
        }
        try run("COMMIT")
    }

    /// Gives the file its journal back and closes it. Durable on return.
    func close() throws {
        try run("PRAGMA synchronous = FULL; PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = WAL;")
        unsafe sqlite3_close_v2(database)
        unsafe database = nil
        // What has not reached the disk yet would be written while the measurement runs.
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        defer { _ = Glibc.close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw BenchFailure("\(path) cannot be flushed: error \(errno).")
        }
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let prepared = unsafe statement else { throw failure(code) }
        return unsafe prepared
    }

    private func failure(_ code: Int32) -> BenchFailure {
        let reason = unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) } ?? ""
        return BenchFailure("SQLite refuses to fill \(path): error \(code), \(reason).")
    }
}

/// Binds the parameters of a statement that is idle.
// Safe: lent for the call in which the statement lives.
@safe struct Binder {
    fileprivate let statement: OpaquePointer

    func bind(_ index: Int32, _ value: Int64) { unsafe sqlite3_bind_int64(statement, index, value) }

    func bind(_ index: Int32, _ text: String) { unsafe sqlite3_bind_text(statement, index, text, -1, Self.copied) }

    /// 16 bytes, most significant first.
    func bind(_ index: Int32, _ halves: (UInt64, UInt64)) {
        var words = (halves.0.bigEndian, halves.1.bigEndian)
        // SQLite copies the local before it goes.
        unsafe withUnsafeBytes(of: &words) { raw in
            _ = unsafe sqlite3_bind_blob(statement, index, raw.baseAddress, 16, Self.copied)
        }
    }

    /// SQLITE_TRANSIENT, a macro that Swift does not see.
    private static var copied: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
