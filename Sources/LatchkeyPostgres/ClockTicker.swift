#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Synchronization

    /// Moves the clock's row on to the database's clock, as long as somebody issues or revokes.
    ///
    /// Without a thread of its own: whoever finds the row behind moves it on after having answered its callers, so that the
    /// next ones find it done. Once a second in each node that works; of several nodes one changes the row. A cluster
    /// that is idle writes nothing.
    final class ClockTicker: Sendable {
        /// How many seconds the row may be behind before somebody who issues has to wait for it.
        let lag: Int64
        /// The second that this node has moved it on to.
        private let moved = Atomic<Int64>(0)

        init(lag: Int64) { self.lag = lag }

        /// Moves the row on before it is used. Waits for one who revokes by time.
        func tick(_ reading: ClockReading, _ connection: PostgresConnection) throws {
            let second = reading.database.seconds
            try connection.run("UPDATE clock SET second = ? WHERE second < ?", [second, second])
            moved.store(second, ordering: .relaxed)
        }

        /// Moves it on for those who come next, unless another thread of this node has or somebody holds the row.
        func tickAfterwards(_ reading: ClockReading, _ connection: PostgresConnection) {
            let second = reading.database.seconds
            guard reading.isBehind(by: 0), moved.exchange(second, ordering: .relaxed) != second else { return }
            // Whether it succeeds is seen by the next one who reads.
            _ = try? connection.run(
                """
                UPDATE clock SET second = ?1 FROM (SELECT id FROM clock WHERE second < ?1 FOR UPDATE SKIP LOCKED) free
                WHERE clock.id = free.id
                """, [second])
        }
    }
#endif
