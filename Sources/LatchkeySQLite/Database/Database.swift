internal import CSQLite
import LatchkeyBytes
import LatchkeySQL

/// One connection to a database file, with the statements that were prepared on it.
///
/// A thin layer over SQLite's C API: what a rotation costs is decided here. Not Sendable, as SQLite is opened without
/// its own locks: whoever opens a connection uses it on one thread at a time, or sends it to another for good.
// Safe: the handle is valid from init to `close`, which forgets it together with all statements.
@safe final class Database {
    enum Access {
        case readOnly
        /// As `readOnly`, for a file that nobody writes to: without locks, and without companions beside it.
        case immutable
        case readWrite
        /// As `readWrite`, and makes a file that is missing.
        case create

        fileprivate var flags: Int32 {
            switch self {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        }

        /// The path as SQLite is given it. In a URI every byte but the plainest is escaped, so that no path has parts.
        fileprivate func name(_ path: String) -> String {
            guard self == .immutable else { return path }
            return "file:" + PercentEncoding.encode(path, plain: .alphanumerics) + "?immutable=1"
        }
    }

    /// Nil once closed. For the few calls that other files of this folder make themselves.
    private(set) var handle: OpaquePointer?
    private var statements: [StatementKey: Statement] = [:]
    /// What was decoded through this connection.
    let clientSettings = DecodedClientSettings()
    /// What is left to be done before the closure that runs now may write.
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
        // Looks at the file, so that one that cannot be used is found here and not by the first request.
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

    /// The statement for this text, prepared once. One that is under way, further up the stack, is not touched.
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
        // Without a handle there was no memory for one.
        guard let handle = unsafe handle, let text = unsafe sqlite3_errmsg(handle) else {
            return DatabaseError(extendedCode: code, message: "no message")
        }
        return DatabaseError(extendedCode: code, message: unsafe String(cString: text))
    }
}

/// Finds a prepared statement by its text.
///
/// Texts of hot statements are constants, which Swift finds equal by address. So only their hash has to be cheap: it
/// takes the length and the end, where statements over the same columns differ.
private struct StatementKey: Hashable {
    let text: String

    func hash(into hasher: inout Hasher) {
        hasher.combine(text.utf8.count)
        var end: UInt64 = 0
        for byte in text.utf8.suffix(8) { end = end << 8 | UInt64(byte) }
        hasher.combine(end)
    }
}
