import Foundation
import LatchkeyCore
import LatchkeySQL

#if canImport(Glibc)
    import Glibc
#endif

/// The database file: its modes on disk and how each kind of connection opens it.
struct DatabaseFile: Sendable {
    let path: String
    /// `Lkey`: tells our files from other SQLite databases.
    static let applicationID: Int64 = 0x4C6B_6579

    var writeAheadLogPath: String { path + "-wal" }
    var sharedMemoryPath: String { path + "-shm" }

    /// Creates a missing file, and closes it to all other users. SQLite gives its `-wal` and `-shm` the mode of the
    /// file, so no umask is needed.
    func prepare() throws {
        if unsafe access(path, F_OK) != 0, errno == ENOENT { try create() }
        for file in [path, writeAheadLogPath, sharedMemoryPath] where unsafe access(file, F_OK) == 0 {
            guard unsafe chmod(file, 0o600) != 0 else { continue }
            let reason = errno
            // On a read-only disk, or as another user's file, it may be closed to all others anyway.
            let attributes = try? FileManager.default.attributesOfItem(atPath: file)
            let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0o777
            guard mode & 0o077 == 0 else { throw failure("restrict the mode of", reason) }
        }
    }

    /// Creates the file with mode 0600. Never opens an existing file, nor follows a link: in a folder that others may
    /// write to, such a file is not ours to fill.
    func create() throws {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("create", errno) }
        defer { close(descriptor) }
        // The umask can only have taken bits away.
        guard fchmod(descriptor, 0o600) == 0 else { throw failure("restrict the mode of", errno) }
    }

    /// Size in bytes; 0 for a missing file.
    static func size(_ path: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.int64Value ?? 0
    }

    /// The only connection that writes. It is refused unless every commit reaches the disk before it returns.
    func openWriter(checkpointing: Bool = false) throws -> sending Database {
        let database = try Database(path: path, access: .readWrite)
        if !checkpointing, try database.first("PRAGMA journal_mode = WAL", [], { row -> String in row[0] }) != "wal" {
            // SQLite reports this without an error, if files cannot be shared in memory.
            throw StoreUnavailable("the file system of this database does not support SQLite's write-ahead log")
        }
        // With NORMAL a power failure would lose commits.
        try database.run("PRAGMA synchronous = FULL")
        guard try database.integer("PRAGMA synchronous") == 2 else {
            throw StoreUnavailable("SQLite does not accept synchronous=FULL for this database")
        }
        // The checkpoint thread does the checkpoints, not the caller that commits the thousandth page.
        try database.run("PRAGMA wal_autocheckpoint = 0")
        // A restarted log shrinks to this, in bytes.
        try database.run("PRAGMA journal_size_limit = 67108864")
        // Freed cells are overwritten if that costs no extra write: old hashes and sealed keys.
        try database.run("PRAGMA secure_delete = FAST")
        try database.run("PRAGMA cache_size = -16384")
        return database
    }

    /// Reads an existing file before anything in it is changed.
    ///
    /// - Throws: the errors of `body`, for instance that the database belongs to another program.
    func inspect(_ body: (Database) throws -> Void) throws {
        guard Self.size(path) > 0 else { return }
        // Not read-only: after a crash the write-ahead log may have to be recovered first.
        let database = try Database(path: path, access: .readWrite)
        defer { try? database.close() }
        try body(database)
    }

    /// A connection that cannot write. `deadline` interrupts its statements.
    func openReader(deadline: ReadDeadline? = nil) throws -> sending Database {
        let database = try Database(path: path, access: .readOnly, patience: 1_000)
        deadline?.install(on: database)
        return database
    }

    private func failure(_ call: String, _ code: Int32) -> StoreUnavailable {
        // The path is the operator's own setting, not an argument of a request.
        StoreUnavailable("cannot \(call) the database file \(path): \(SystemWords.of(code))")
    }
}
