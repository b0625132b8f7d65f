import GRDB
import GRDBSQLite
import Synchronization

/// How far the write-ahead log has grown: counted by SQLite at each commit of the writer, read by the checkpoint
/// thread.
final class WriteAheadLog: Sendable {
    private let frames = Atomic<Int>(0)
    private let backlog = Atomic<Int>(Int.max)

    /// Pages in the log after the last commit.
    var frameCount: Int { frames.load(ordering: .relaxed) }
    /// Pages that the last checkpoint left in the log because they came while it ran; `Int.max` before the first.
    var leftByCheckpoint: Int { backlog.load(ordering: .relaxed) }

    func noteCheckpoint(left: Int) { backlog.store(max(0, left), ordering: .relaxed) }

    /// Starts over: the next commit writes to the head of the log.
    func noteRestart() {
        frames.store(0, ordering: .relaxed)
        backlog.store(Int.max, ordering: .relaxed)
    }

    /// Takes the place of SQLite's automatic checkpoint, which uses the same hook.
    func install(on database: Database) {
        // Unretained: the writer thread holds this object until its connection is closed.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe _ = sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                let log = unsafe Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                log.frames.store(Int(frames), ordering: .relaxed)
                return SQLITE_OK
            }, context)
    }
}
