import Foundation
import GRDB
import GRDBSQLite
import LatchkeyCore
import Logging
import Synchronization

/// Moves pages from the write-ahead log into the database on a thread and connection of its own, so that commits do
/// not pay for it. It never waits for readers nor for the writer (PASSIVE).
final class Checkpointer: Sendable {
    /// A wish for a checkpoint; one may wait while one runs.
    private let wishes = JobQueue<Bool>(limit: 1)
    private let exit = Completion()

    init(file: DatabaseFile, log: WriteAheadLog, logger: Logger) throws {
        let connection = try file.openWriter(checkpointing: true)
        let wishes = wishes
        let exit = exit
        let thread = Thread {
            while wishes.take(most: 1).first != nil {
                do {
                    let result = try connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
                    log.noteCheckpoint(left: result.walFrameCount - result.checkpointedFrameCount)
                } catch {
                    // The log grows until the writer's own bound; the next wish tries again.
                    logger.warning(
                        "checkpoint failed", metadata: ["lk.reason": "\(Failure.unavailable(error).description)"])
                }
            }
            try? connection.close()
            exit.finish()
        }
        thread.name = "latchkey-checkpoint"
        thread.start()
    }

    /// Asks for a checkpoint and returns at once.
    func wish() { _ = wishes.push(true) }

    func stop() async {
        wishes.close()
        await exit.wait()
    }
}

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
