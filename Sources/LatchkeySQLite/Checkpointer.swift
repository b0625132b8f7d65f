import Foundation
import GRDB
import LatchkeyCore
import Logging

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
