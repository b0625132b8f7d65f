#if Postgres
    import Glibc
    import LatchkeyCore

    /// A connection that is made when it is needed, and made again when it was lost. On one thread at a time.
    final class PostgresLine {
        private let address: PostgresAddress
        private var known: PostgresConnection?

        init(_ address: PostgresAddress) { self.address = address }

        /// - Throws: ``PostgresError``.
        func connection() throws -> PostgresConnection {
            if let known, known.isOpen { return known }
            close()
            let fresh = try PostgresConnection(address)
            known = fresh
            return fresh
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
