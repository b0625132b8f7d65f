import Dispatch
import GRDB
import GRDBSQLite
import Synchronization

/// Ends statements of one reader connection that take too long, so that no read transaction holds the write-ahead log
/// for more than about a second.
final class ReadDeadline: Sendable {
    /// Uptime in nanoseconds; 0: no read is running.
    private let end = Atomic<UInt64>(0)

    func start(limit: Duration) {
        let nanoseconds =
            UInt64(max(0, limit.components.seconds)) * 1_000_000_000
            + UInt64(max(0, limit.components.attoseconds)) / 1_000_000_000
        end.store(DispatchTime.now().uptimeNanoseconds + nanoseconds, ordering: .relaxed)
    }

    func stop() { end.store(0, ordering: .relaxed) }

    private var hasPassed: Bool {
        let end = end.load(ordering: .relaxed)
        return end != 0 && DispatchTime.now().uptimeNanoseconds > end
    }

    /// Asked every 20,000 steps of SQLite's machine, about each millisecond.
    func install(on database: Database) {
        // Unretained: the reader that owns this object closes its connection before it lets go of it.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_progress_handler(
            database.sqliteConnection, 20_000,
            { context in
                guard let context = unsafe context else { return 0 }
                let deadline = unsafe Unmanaged<ReadDeadline>.fromOpaque(context).takeUnretainedValue()
                return deadline.hasPassed ? 1 : 0
            }, context)
    }
}
