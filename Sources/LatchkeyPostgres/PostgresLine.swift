#if Postgres
    import Glibc
    import LatchkeyCore

    /// A connection that is made when it is needed, and made again when it was lost or must not be used any more. On one
    /// thread at a time.
    final class PostgresLine {
        private let address: PostgresAddress
        private var known: PostgresConnection?
        private var generation = 0

        init(_ address: PostgresAddress) { self.address = address }

        /// - Throws: ``PostgresError``, ``StoreUnavailable``.
        func connection() throws -> PostgresConnection {
            // Read before the connection is made: one that was made meanwhile is made again.
            let current = address.admission?.generation ?? 0
            if let known, known.isOpen, generation == current { return known }
            close()
            let fresh = try connect()
            known = fresh
            generation = current
            return fresh
        }

        /// An old primary may stand in the address before the new one.
        private func connect() throws -> PostgresConnection {
            do {
                return try PostgresConnection(address)
            } catch is OldPrimary {
                for place in address.places {
                    if let other = try? PostgresConnection(address.at(place)) { return other }
                }
                throw StoreUnavailable(HistoryFinding.older.sentence)
            }
        }

        func close() {
            known?.close()
            known = nil
        }
    }

    /// Sleeping on a thread of our own.
    enum Thread {
        static func sleep(milliseconds: Int) { usleep(useconds_t(milliseconds) * 1000) }
    }
#endif
