internal import CSQLite
import LatchkeyBytes
import LatchkeySQL

/// One connection to a database file, with the statements that were prepared on it.
///
/// A thin layer over SQLite's C API, because it decides the cost of a rotation. Not Sendable, because SQLite is opened
/// without its own locks: a connection is used on one thread at a time, or sent to another thread for good.
// Safe: the handle is valid from init to `close`, which forgets it together with all statements.
@safe final class Database {
    enum Access {
        case readOnly
        /// Like `readOnly`, for a file that is never written: without locks, and without companions beside it.
        case immutable
        case readWrite
        /// Like `readWrite`, and creates a missing file.
        case create

        fileprivate var flags: Int32 {
            switch self {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        }

        /// The path as passed to SQLite. In a URI every byte but the plainest is escaped, so that no part of a path has
        /// a meaning.
        fileprivate func name(_ path: String) -> String {
            guard self == .immutable else { return path }
            return "file:" + PercentEncoding.encode(path, plain: .alphanumerics) + "?immutable=1"
        }
    }

    /// Nil once closed. For the few calls that other files of this folder make themselves.
    private(set) var handle: OpaquePointer?
    private var statements: [StatementKey: Statement] = [:]
    /// The settings decoded through this connection.
    let clientSettings = DecodedClientSettings()
    /// What must be done before the current closure may write.
    var guardian = WriteGuard.none

    /// - Parameter patience: how long a statement waits for the locks of other connections, in milliseconds.
    init(path: String, access: Access, patience: Int32 = 5_000) throws {
        var opened: OpaquePointer?
        // The path is a Swift string, lent for the call.
        let code = unsafe sqlite3_open_v2(access.name(path), &opened, access.flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let handle = unsafe opened else {
            let error = unsafe Self.error(code, opened)
            unsafe sqlite3_close(opened)
            throw error
        }
        unsafe self.handle = unsafe handle
        unsafe sqlite3_extended_result_codes(handle, 1)
        setPatience(patience)
        try run("PRAGMA foreign_keys = ON")
        // Reads the file, so that an unusable one is found here and not by the first request.
        _ = try tableExists("schema_migrations")
    }

    deinit { try? close() }

    /// Idempotent. Every later call fails.
    func close() throws {
        statements = [:]
        guard let open = unsafe handle else { return }
        let code = unsafe sqlite3_close(open)
        guard code == SQLITE_OK else { throw unsafe Self.error(code, open) }
        unsafe handle = nil
    }

    var isInsideTransaction: Bool {
        // A closed connection has none.
        guard let open = unsafe handle else { return false }
        return unsafe sqlite3_get_autocommit(open) == 0
    }

    func setPatience(_ milliseconds: Int32) { unsafe _ = sqlite3_busy_timeout(handle, milliseconds) }

    /// Rows that the last statement changed.
    var changesCount: Int { unsafe Int(sqlite3_changes64(handle)) }

    /// Runs statements without arguments, one after the other.
    func execute(script: String) throws {
        let code = unsafe sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code) }
    }

    /// The statement for this text, prepared once. A statement under way, further up the stack, is not touched.
    func statement(_ sql: String) throws -> Statement {
        let key = StatementKey(text: sql)
        if let known = statements[key] {
            return known.isRunning ? try Statement(sql, of: self) : known
        }
        let statement = try Statement(sql, of: self)
        statements[key] = statement
        return statement
    }

    func error(_ code: Int32) -> DatabaseError { unsafe Self.error(code, handle) }

    private static func error(_ code: Int32, _ handle: OpaquePointer?) -> DatabaseError {
        // Without a handle, the memory for one was missing.
        guard let handle = unsafe handle, let text = unsafe sqlite3_errmsg(handle) else {
            return DatabaseError(extendedCode: code, message: "no message")
        }
        return DatabaseError(extendedCode: code, message: unsafe String(cString: text))
    }
}

/// Finds a prepared statement by its text.
///
/// Texts of frequent statements are constants, which Swift finds equal by address. So only their hash must be cheap: it
/// uses the length and the end, where statements over the same columns differ.
private struct StatementKey: Hashable {
    let text: String

    func hash(into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        var end: UInt64 = 0
        for byte in text.utf8.suffix(8) { end = end << 8 | UInt64(byte) }
        hasher.combine(end)
    }
}
