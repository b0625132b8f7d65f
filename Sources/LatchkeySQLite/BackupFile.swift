internal import CSQLite
import Foundation
import LatchkeyCore

#if canImport(Glibc)
    import Glibc
#endif

/// Why a file cannot be restored. It names the backup, so that the database in use is not taken for the bad one.
package struct BackupRefused: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    /// - Parameter reason: continues "The backup FILE cannot be used: ".
    package init(_ path: String, _ reason: String) {
        description = "The backup \(path) cannot be used: \(reason)."
    }
}

/// A file given as a backup. It is only ever read, and nothing is left beside it.
struct BackupFile: Sendable {
    /// The path as given, for messages.
    let path: String
    /// Without symbolic links: SQLite looks for the companions of the file itself.
    private let resolved: String

    /// Checks the file and its first bytes.
    /// - Parameter place: the database that would be replaced; it is not a backup of itself.
    /// - Throws: ``BackupRefused``.
    init(_ path: String, beside place: DatabaseFile?) throws(BackupRefused) {
        self.path = path
        var status = stat()
        // `status` is ours for the calls.
        guard unsafe stat(path, &status) == 0 else {
            let code = errno
            let isLink = unsafe lstat(path, &status) == 0
            throw BackupRefused(
                path,
                code == ENOENT
                    ? (isLink ? "it is a symbolic link to a file that does not exist" : "there is no such file")
                    : SystemWords.of(code))
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw BackupRefused(path, "it is a directory")
        default: throw BackupRefused(path, "it is not a regular file")
        }
        if let place { try Self.refuseOwnFiles(path, status, place) }
        // The result is a copy of the C library's, freed at once.
        guard let real = unsafe realpath(path, nil) else { throw BackupRefused(path, SystemWords.of(errno)) }
        resolved = unsafe String(cString: real)
        unsafe free(real)
        try Self.checkHead(path, hasJournal: Self.hasJournal(resolved))
    }

    /// Whether pages of the database may be in another file beside it.
    private static func hasJournal(_ path: String) -> Bool {
        ["-wal", "-journal"].contains { unsafe access(path + $0, F_OK) == 0 }
    }

    private static func refuseOwnFiles(
        _ path: String, _ status: stat, _ place: DatabaseFile
    ) throws(BackupRefused) {
        let own = { (name: String) in
            var other = stat()
            // `other` is ours for the call.
            return unsafe stat(name, &other) == 0 && other.st_ino == status.st_ino && other.st_dev == status.st_dev
        }
        guard !own(place.path) else { throw BackupRefused(path, "it is the database of this data directory itself") }
        guard ![place.replacedPath, place.restoringPath].contains(where: own) else {
            throw BackupRefused(path, "copy it to another name first, as this command would overwrite it")
        }
    }

    private static func checkHead(_ path: String, hasJournal: Bool) throws(BackupRefused) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw BackupRefused(path, SystemWords.of(errno)) }
        defer { try? file.close() }
        let head: Data
        do { head = try file.read(upToCount: 100) ?? Data() } catch {
            throw BackupRefused(path, "it cannot be read")
        }
        guard !head.isEmpty else { throw BackupRefused(path, "it is empty") }
        guard head.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw BackupRefused(path, "it is not an SQLite database")
        }
        guard head.count == 100, hasJournal || isWhole(head, size: Int(DatabaseFile.size(path))) else {
            throw BackupRefused(path, "it is cut short")
        }
    }

    /// Whether the file has all the pages that its header declares. SQLite itself reads the missing end of a cut-off
    /// last page as zeros. With a journal beside it, the file may be shorter.
    private static func isWhole(_ head: Data, size: Int) -> Bool {
        let number = { (place: Range<Int>) in head[place].reduce(0) { $0 << 8 | Int($1) } }
        let pageSize = number(16..<18) == 1 ? 65_536 : number(16..<18)
        guard pageSize >= 512, size % pageSize == 0 else { return false }
        // The count belongs to this version of the file (its change counter is the one stored with the count).
        return number(24..<28) != number(92..<96) || size >= pageSize * number(28..<32)
    }

    /// Runs `body` on a connection that reads the file.
    ///
    /// SQLite creates companions even for reading, and leaves them. It does not when it is told that the file is never
    /// written, which is certain without a journal: any process that has a database of ours open has a write-ahead log.
    /// - Throws: ``BackupRefused`` for every error that SQLite or the record of migrations reports about the file.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let hasJournal = Self.hasJournal(resolved)
        let hadSharedMemory = unsafe access(resolved + "-shm", F_OK) == 0
        defer { if hasJournal, !hadSharedMemory { unsafe _ = unlink(resolved + "-shm") } }
        do {
            let database = try Database(path: resolved, access: hasJournal ? .readOnly : .immutable)
            defer { try? database.close() }
            return try body(database)
        } catch {
            throw refusal(error)
        }
    }

    /// The refusal for an error about this file from SQLite or from a rule of ours. Other errors are passed on.
    func refusal(_ error: any Error) -> any Error {
        switch error {
        case let error as MigrationError: BackupRefused(path, Self.words(error))
        case is StoreFault: BackupRefused(path, "it is damaged")
        case let error as DatabaseError:
            switch error.code {
            case SQLITE_NOTADB: BackupRefused(path, "it is not an SQLite database")
            case SQLITE_CORRUPT: BackupRefused(path, "it is damaged or cut short (SQLite \(error.extendedCode))")
            default: BackupRefused(path, "it cannot be read (SQLite \(error.extendedCode), \(error.message))")
            }
        default: error
        }
    }

    /// - Throws: ``BackupRefused`` unless the program knows the schema and the database has all of it.
    /// - Returns: how many migrations it has.
    func checkSchema(of database: Database) throws -> Int {
        let applied = try Migrator().appliedCount(in: database)
        guard applied > 0 else { throw BackupRefused(path, "it holds no data of Latchkey") }
        return applied
    }

    private static func words(_ error: MigrationError) -> String {
        switch error {
        case .foreign: "it is an SQLite database of another program"
        case .newer(let applied, let known):
            "it has schema \(applied) and this program knows \(known), so restore it with the latchkey that wrote it"
        case .altered(let version, let name):
            "its migration \(version) (\(name)) is not the one that this program knows under that number"
        case .gap(let version): "its record of migrations lacks number \(version)"
        case .pending, .moved: error.description
        }
    }
}

/// The system's message for an error number.
enum SystemWords {
    static func of(_ code: CInt) -> String {
        // A string that lives at least until the next call on this thread; copied at once.
        unsafe String(cString: strerror(code))
    }
}
