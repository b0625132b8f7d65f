import Argon2

/// How busy the hash pool is, for those who do not know the pool.
package struct HashLoadFigures: Sendable, Equatable {
    /// Passwords that wait for a thread.
    package let queued: Int
    /// Passwords on a thread now.
    package let running: Int
    /// Ended since the start.
    package let completed: Int
    /// Turned away since the start.
    package let refused: Int
}

extension Services {
    /// The pool's figures, all of one moment.
    package var hashLoad: HashLoadFigures {
        let statistics = hashPool.statistics
        return HashLoadFigures(
            queued: statistics.queued, running: statistics.running, completed: statistics.completed,
            refused: statistics.refused)
    }
}
