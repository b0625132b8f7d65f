import Glibc
import LatchkeyCore
import Synchronization

/// Whether the database's names still lead to the files that SQLite has open.
///
/// A file that was renamed away, replaced or removed takes commits as before, and nobody would find them after the next
/// start. So the writer looks after each commit, before anybody is told, and whoever watches an idle server looks once a
/// second. What holds: at the time of a look after its commit, what was acknowledged was in the files that have the names.
/// A file that somebody writes into in place, under the same name, looks the same and is not found.
///
/// `stat` alone: closing a second descriptor of the file would drop SQLite's locks on it.
final class DatabasePresence: Sendable {
    private struct Identity: Equatable {
        let device: UInt64
        let inode: UInt64
    }

    private let files: [(path: String, identity: Identity)]
    private let loss = Mutex<StoreUnavailable?>(nil)

    /// Remembers the files that are there: the database, its write-ahead log and the log's index. The writer has them
    /// open, and nobody else takes part in the directory.
    init(_ file: DatabaseFile) {
        files = [file.path, file.writeAheadLogPath, file.sharedMemoryPath].compactMap { path in
            Self.identity(path).map { (path, $0) }
        }
    }

    /// What was found; stays so, since what was written meanwhile is where nobody looks.
    var known: StoreUnavailable? { loss.withLock { $0 } }

    /// Looks, and says what is wrong.
    func look() -> StoreUnavailable? {
        if let known { return known }
        guard let gone = files.first(where: { isGone($0.path, $0.identity) }) else { return nil }
        let fault = StoreUnavailable(
            "the file \(gone.path) was moved, replaced or removed while the server had it open, so nothing is written any "
                + "more: put it back, or start with what is there now")
        return loss.withLock { loss in
            loss = loss ?? fault
            return loss
        }
    }

    /// A file of another identity, or none. When the system does not tell, nothing is known.
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
