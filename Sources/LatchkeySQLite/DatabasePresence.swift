import Glibc
import LatchkeyCore
import Synchronization

/// Whether the database's names still lead to the files that SQLite has open.
///
/// A file that was renamed, replaced or removed takes commits as before, and the next start would not find them. So the
/// writer checks after each commit, before any caller is answered, and a watcher checks an idle server once a second.
/// The guarantee: at the time of a check after its commit, acknowledged data was in the files with the right names. A
/// file that another program overwrites in place, under the same name, looks the same and is not detected.
///
/// Only `stat`: closing a second descriptor of the file would drop SQLite's locks on it.
final class DatabasePresence: Sendable {
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    private let files: [(path: String, identity: Identity)]
    private let loss = Mutex<StoreUnavailable?>(nil)

    /// Remembers the present files: the database, its write-ahead log and the log's index. The writer has them open,
    /// and no other process uses the directory.
    init(_ file: DatabaseFile) {
        files = [file.path, file.writeAheadLogPath, file.sharedMemoryPath].compactMap { path in
            Self.identity(path).map { (path, $0) }
        }
    }

    /// The loss that was found. It stays, because later writes went to a file that the next start will not find.
    var known: StoreUnavailable? { loss.withLock { $0 } }

    /// Checks, and returns what is wrong.
    func look() -> StoreUnavailable? {
        if let known { return known }
        guard let gone = files.first(where: { isGone($0.path, $0.identity) }) else { return nil }
        let fault = StoreUnavailable(
            "the file \(gone.path) was moved, replaced or removed while the server had it open, so the server no longer "
                + "writes: put it back, or start with the files that are there now")
        return loss.withLock { loss in
            loss = loss ?? fault
            return loss
        }
    }

    /// Another file, or none. If the system gives no answer, nothing is concluded.
    private func isGone(_ path: String, _ identity: Identity) -> Bool {
        if let now = Self.identity(path) { return now != identity }
        return [ENOENT, ENOTDIR].contains(errno)
    }

    private static func identity(_ path: String) -> Identity? {
        var status = stat()
        // `status` is ours for the call.
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }
}
