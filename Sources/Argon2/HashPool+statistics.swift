extension HashPool {
    /// One look at the pool's books, for metrics.
    package struct Statistics: Sendable, Equatable {
        /// Jobs that wait.
        package var queued: Int
        /// Jobs on a thread now.
        package var running: Int
        /// Jobs that ran to their end since the start, failed ones too.
        package var completed: Int
        /// Jobs refused since the start, at the door or by shutdown. Cancelled ones are not counted.
        package var refused: Int
        /// Weighted mean of recent seconds per unit of weight; nil before the first job.
        package var meanJobSeconds: Double?
    }

    /// A consistent snapshot: all figures are of one moment.
    package var statistics: Statistics {
        core.monitor.withLock { state in
            Statistics(
                queued: state.queue.count, running: state.running.count, completed: state.completed,
                refused: state.refused, meanJobSeconds: state.load.meanSeconds)
        }
    }
}
