import CSQLite
import Glibc

/// The disk alone: one page overwritten in a file and flushed, repeatedly. No durable write is cheaper.
struct FlushYardstick {
    let folder: String
    private static let pageBytes = 4096
    /// The file starts over at this size, as a write-ahead log does.
    private static let fileBytes = 4 * 1024 * 1024

    func run(seconds: Double) throws -> Slice {
        let path = folder + "/flush.bin"
        // The path is a Swift string, lent for the call; so it is below.
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(path) cannot be written: error \(errno).") }
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        // All blocks exist before the clock starts: growing a file costs the file system a write of its own.
        guard fill(descriptor) else { throw BenchFailure("\(path) cannot be written: error \(errno).") }
        let page = [UInt8](repeating: 0x5A, count: Self.pageBytes)
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        var count = 0
        var last = start
        while last < end {
            let offset = off_t(count * Self.pageBytes % Self.fileBytes)
            // Reads the array, all of it.
            let written = unsafe page.withUnsafeBytes { raw in
                unsafe pwrite(descriptor, raw.baseAddress, raw.count, offset)
            }
            guard written == Self.pageBytes, fdatasync(descriptor) == 0 else {
                throw BenchFailure("\(path) cannot be flushed: error \(errno).")
            }
            count += 1
            last = Stopwatch.now()
        }
        return Slice(count: count, seconds: Stopwatch.seconds(from: start, to: last))
    }

    private func fill(_ descriptor: Int32) -> Bool {
        let zeros = [UInt8](repeating: 0, count: Self.fileBytes)
        // Reads the array, all of it.
        let written = unsafe zeros.withUnsafeBytes { raw in unsafe pwrite(descriptor, raw.baseAddress, raw.count, 0) }
        return written == Self.fileBytes && fsync(descriptor) == 0
    }
}

/// SQLite alone, through its C API: one row updated per step in a table shaped like the sessions, in WAL mode with
/// `synchronous=FULL`, some rows to a commit. What the database could give if nothing else had to be done.
///
/// As many rows as the load has sessions: with more, each commit would touch more pages than the server's does, and the
/// server would look better than it is.
// Safe: nothing hands the pointers out, and a run cannot outlive the object.
@safe final class CommitYardstick {
    private static let rows = 64

    // Closed in deinit, after the statements that belong to it.
    private let database: OpaquePointer
    private let update: OpaquePointer
    private let begin: OpaquePointer
    private let commit: OpaquePointer

    /// Creates the database file `name` in the folder, with its rows.
    init(folder: String, name: String) throws {
        unsafe database = try Self.open(folder + "/" + name)
        unsafe try Self.execute(
            database,
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            CREATE TABLE session (
                id BLOB NOT NULL PRIMARY KEY, current INTEGER NOT NULL, held INTEGER NOT NULL,
                rotated_at INTEGER NOT NULL, rest BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(Self.rows))
            INSERT INTO session SELECT \(Self.id("i")), 1, 0, 0, randomblob(200) FROM n;
            """)
        unsafe update = try Self.prepare(
            database,
            "UPDATE session SET held = current, current = current + 1, rotated_at = ?1 WHERE id = \(Self.id("?2"))")
        unsafe begin = try Self.prepare(database, "BEGIN IMMEDIATE")
        unsafe commit = try Self.prepare(database, "COMMIT")
    }

    deinit {
        // All four come from the initialiser and are not used again.
        unsafe sqlite3_finalize(update)
        unsafe sqlite3_finalize(begin)
        unsafe sqlite3_finalize(commit)
        unsafe sqlite3_close_v2(database)
    }

    /// Counts updated rows.
    func run(seconds: Double, rowsPerCommit: Int) throws -> Slice {
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        var count = 0
        var last = start
        while last < end {
            unsafe try step(begin)
            for _ in 0..<rowsPerCommit {
                // The statement is ours and idle: it was reset after its last step.
                unsafe sqlite3_bind_int64(update, 1, Int64(last / 1_000_000))
                unsafe sqlite3_bind_int64(update, 2, .random(in: 1...Int64(Self.rows)))
                unsafe try step(update)
            }
            unsafe try step(commit)
            count += rowsPerCommit
            last = Stopwatch.now()
        }
        return Slice(count: count, seconds: Stopwatch.seconds(from: start, to: last))
    }

    /// SQL of a row's key: 16 bytes, ascending as ids by time are.
    private static func id(_ number: String) -> String { "CAST(format('%016d', \(number)) AS BLOB)" }

    private func step(_ statement: OpaquePointer) throws {
        let code = unsafe sqlite3_step(statement)
        unsafe sqlite3_reset(statement)
        guard code == SQLITE_DONE else { throw BenchFailure("SQLite: error \(code).") }
    }

    private static func open(_ path: String) throws -> OpaquePointer {
        var database: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = unsafe sqlite3_open_v2(path, &database, flags, nil)
        guard code == SQLITE_OK, let opened = unsafe database else {
            throw BenchFailure("SQLite cannot open \(path): error \(code).")
        }
        return unsafe opened
    }

    private static func execute(_ database: OpaquePointer, _ sql: String) throws {
        let code = unsafe sqlite3_exec(database, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw BenchFailure("SQLite: error \(code).") }
    }

    private static func prepare(_ database: OpaquePointer, _ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v2(database, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let prepared = unsafe statement else {
            throw BenchFailure("SQLite: error \(code).")
        }
        return unsafe prepared
    }
}
