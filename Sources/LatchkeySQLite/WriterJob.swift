/// One closure on its way through the writer.
struct WriterJob: Sendable {
    /// Runs inside the batch's transaction and returns what resumes the caller. That is called only after the commit.
    let run: @Sendable (Transaction) throws -> @Sendable () -> Void
    /// Resumes the caller with an error, also only once the batch is settled.
    let fail: @Sendable (any Error) -> Void
}

/// How the writer batches and how far the write-ahead log may grow. Pages are 4 KiB.
struct WriterLimits: Sendable {
    /// Closures that may wait; beyond, callers are refused at once.
    var waiting = 10_000
    /// Closures that share one commit.
    var batch = 128
    /// Pages in the log from which the checkpoint thread is woken.
    var checkpointPages = 1_000
    /// Pages from which the writer restarts the log, when a checkpoint has left few behind.
    var restartPages = 4_000
    /// Pages from which the writer does the whole work itself, as no checkpoint keeps up.
    var boundPages = 16_000
}
