internal import CSQLite
import Foundation
import LatchkeyCore
import Logging
import Synchronization
import Waiting

/// Moves pages from the write-ahead log into the database on a thread and connection of its own, so that commits do not
/// pay for it. It waits neither for readers nor for the writer (PASSIVE).
final class Checkpointer: Sendable {
    /// Requests for a checkpoint; one may wait while one runs.
    private let wishes = JobQueue<Bool>(limit: 1)
    private let exit = Completion()
    private let working = Atomic<Bool>(false)

    init(file: DatabaseFile, log: WriteAheadLog, limits: WriterLimits, logger: Logger) throws {
        OwnThread.start("checkpoint", owning: try file.openWriter(checkpointing: true)) { [self] database in
            while wishes.take(most: 1).first != nil {
                do {
                    try Self.move(database, log, limits)
                } catch let lost as UnsyncedFile {
                    lost.stop(logger)
                } catch {
                    // The log grows until the writer's own limit; the next request tries again.
                    logger.warning(
                        "checkpoint failed", metadata: ["lk.reason": "\(Failure.unavailable(error).description)"])
                }
                working.store(false, ordering: .releasing)
                // Small rounds keep the disk free for commits; more rounds would gain nothing.
                Thread.sleep(forTimeInterval: Self.pause)
            }
            try? database.close()
            exit.finish()
        }
    }

    private static let pause = 0.02

    /// Moves the pages in the log. If the log is to be restarted, it repeats this, because each round leaves only the
    /// pages that arrived while it ran: the writer moves the rest itself while everything waits.
    private static func move(_ database: Database, _ log: WriteAheadLog, _ limits: WriterLimits) throws {
        for _ in 0..<rounds {
            log.noteCheckpoint(moved: try database.checkpoint(.passive))
            // SQLite syncs the file only if the writer was idle meanwhile. Otherwise pages would pile up, and
            // restarting the log would wait for all of them.
            do { try database.syncFile() } catch { throw UnsyncedFile(reason: error) }
            guard log.frameCount >= limits.restartPages, log.unmoved > limits.restartLeft else { return }
        }
    }

    private static let rounds = 8

    /// Whether a request is being carried out.
    var isWorking: Bool { working.load(ordering: .acquiring) }

    /// Requests a checkpoint and returns at once. Only the writer calls it.
    func wish() {
        working.store(true, ordering: .relaxed)
        if !wishes.push(true) { working.store(false, ordering: .relaxed) }
    }

    func stop() async {
        wishes.close()
        await exit.wait()
    }
}

/// Pages were moved out of the log and may not be on disk.
struct UnsyncedFile: Error {
    let reason: any Error

    init(reason: any Error) { self.reason = reason }

    /// Nil unless the flush failed.
    init?(_ error: any Error) {
        guard let fault = error as? DatabaseError, fault.extendedCode == Self.flushFailed else { return nil }
        reason = error
    }

    /// SQLITE_IOERR_FSYNC, a macro that Swift does not import.
    private static let flushFailed = SQLITE_IOERR | (4 << 8)

    /// Linux reports this once and then considers the pages written, so a second try would prove nothing. The log still
    /// has them, and the next process that opens the database recovers them from there.
    func stop(_ logger: Logger) -> Never {
        logger.critical(
            "the disk did not keep what was written to the database; stopping, so that a restart recovers it from the log",
            metadata: ["lk.reason": "\(Failure.unavailable(reason).description)"])
        // Not `exit`: other threads still use what it would destroy. Logged lines are written before the end.
        quick_exit(EX_IOERR)
    }
}

/// The size of the write-ahead log: counted by SQLite at each commit of the writer, read by the checkpoint thread.
final class WriteAheadLog: Sendable {
    private let frames = Atomic<Int>(0)
    private let moved = Atomic<Int>(0)

    /// Pages in the log after the last commit.
    var frameCount: Int { frames.load(ordering: .relaxed) }
    /// The pages that no checkpoint has moved yet.
    var unmoved: Int {
        let frames = frameCount
        let moved = moved.load(ordering: .relaxed)
        // SQLite restarts the log itself when everything was moved and no reader uses it.
        return frames >= moved ? frames - moved : frames
    }

    /// - Parameter moved: how many pages at the head of the log are in the database now.
    func noteCheckpoint(moved: Int) { self.moved.store(moved, ordering: .relaxed) }

    /// The log restarts: the next commit writes to its head.
    func noteRestart() {
        frames.store(0, ordering: .relaxed)
        moved.store(0, ordering: .relaxed)
    }

    /// Replaces SQLite's automatic checkpoint, which uses the same hook.
    func install(on database: Database) {
        // Unretained: the writer thread holds this object until its connection is closed.
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe _ = sqlite3_wal_hook(
            database.handle,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                let log = unsafe Unmanaged<WriteAheadLog>.fromOpaque(context).takeUnretainedValue()
                log.frames.store(Int(frames), ordering: .relaxed)
                return SQLITE_OK
            }, context)
    }
}
