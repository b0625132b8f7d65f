import Foundation
import LatchkeyCore
import LatchkeySQL

#if canImport(Glibc)
    import Glibc
#endif

/// Copies of the database that are complete on disk before they get their name.
enum DatabaseCopy {
    /// Writes a sound copy of a database, which may be in use, to a file that does not exist yet. It holds one read
    /// transaction, so the write-ahead log cannot be restarted meanwhile. Blocks for as long as the copying takes.
    ///
    /// - Throws: `Refusal(.conflict)` when the name is taken, ``StoreUnavailable``.
    static func backUp(_ source: DatabaseFile, to path: String) throws {
        guard !isTaken(path) else { throw exists }
        let partial = path + ".partial"
        remove(partial)
        try make(of: source, at: partial)
        try rename(partial, to: path, replacing: false)
    }

    private static let exists = Refusal(.conflict, "The file exists already; choose another name.")

    /// Also true for a symbolic link to nothing.
    private static func isTaken(_ path: String) -> Bool {
        var status = stat()
        // `status` is ours for the call.
        return unsafe lstat(path, &status) == 0
    }

    /// Copies `source` as it is at one instant to a new file, checks the copy, and syncs it. The copy is a single
    /// file without a write-ahead log, mode 0600.
    ///
    /// - Throws: ``StoreUnavailable`` when source or copy is not a sound Latchkey database.
    static func make(of source: DatabaseFile, at path: String) throws {
        let copy = DatabaseFile(path: path)
        // Outside of the clean-up: a file that already existed is not ours to remove.
        try copy.create()
        do {
            let reader = try source.openReader()
            defer { try? reader.close() }
            let target = try Database(path: path, access: .readWrite)
            defer { try? target.close() }
            try reader.copy(to: target)
            // One file, no companions, until it is opened as a store.
            try target.run("PRAGMA journal_mode = DELETE")
            try target.run("PRAGMA synchronous = FULL")
            let problems = try DatabaseCheck.problems(in: target)
            guard problems.isEmpty else {
                throw StoreUnavailable("the database \(source.path) is damaged: \(problems.joined(separator: "; "))")
            }
            try target.close()
            try sync(path)
        } catch {
            remove(path)
            if let error = error as? DatabaseError { throw Failure.unavailable(error) }
            throw error
        }
    }

    /// Gives the finished copy its name, atomically, and makes that durable.
    static func rename(_ from: String, to: String, replacing: Bool) throws {
        guard replacing || !isTaken(to) else { throw exists }
        guard unsafe Foundation.rename(from, to) == 0 else {
            throw StoreUnavailable("the copy cannot be renamed to \(to): \(SystemWords.of(errno))")
        }
        try sync(directory(of: to))
    }

    static func directory(of path: String) -> String {
        let directory = (path as NSString).deletingLastPathComponent
        return directory.isEmpty ? "." : directory
    }

    static func remove(_ path: String) {
        for file in [path, path + "-wal", path + "-shm", path + "-journal"] { unsafe _ = unlink(file) }
    }

    /// Waits until a file's content, or a directory's names, are on disk.
    static func sync(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreUnavailable("\(path) cannot be opened: \(SystemWords.of(errno))") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreUnavailable("\(path) cannot be synced: \(SystemWords.of(errno))")
        }
    }
}
