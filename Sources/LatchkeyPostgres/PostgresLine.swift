#if Postgres
    import Glibc
    import LatchkeyCore

    /// A connection that is made when it is needed, and made again when it was lost or must not be used any more. On one
    /// thread at a time.
    final class PostgresLine {
        private let address: PostgresAddress
        private let patience: Duration
        private var known: PostgresConnection?
        private var generation = 0
        private var backOff = BackOff()
        /// Why the last attempt to connect failed; nil when it did not.
        private(set) var failure: (any Error)?

        init(_ address: PostgresAddress, patience: Duration = PostgresConnection.usualPatience) {
            self.address = address
            self.patience = patience
        }

        /// - Throws: ``PostgresError``, ``StoreUnavailable``. At once, while the last attempt failed a moment ago.
        func connection() throws -> PostgresConnection {
            // Read before the connection is made: one that was made meanwhile is made again.
            let current = address.admission?.generation ?? 0
            if let known, generation == current, (try? known.renewPlans()) != nil, known.isOpen { return known }
            close()
            if let left = backOff.left, let failure { throw Self.pause(of: left, after: failure) }
            do {
                let fresh = try connect()
                known = fresh
                generation = current
                backOff = BackOff()
                failure = nil
                return fresh
            } catch {
                backOff.noteFailure()
                failure = error
                throw error
            }
        }

        /// The reason comes first: who reads the log must know what to change.
        private static func pause(of left: Duration, after failure: any Error) -> any Error {
            let rest = "; tried again in \(left.wholeMilliseconds) ms"
            guard let failure = failure as? PostgresError else { return StoreUnavailable("\(failure)\(rest)") }
            return PostgresError.lost(failure.message + rest)
        }

        /// Blocks until ``connection()`` would try again: at most two seconds.
        func waitForTurn() {
            guard let left = backOff.left else { return }
            Thread.sleep(milliseconds: Int(left / .milliseconds(1)) + 1)
        }

        /// An old primary may stand in the address before the new one.
        private func connect() throws -> PostgresConnection {
            do {
                return try PostgresConnection(address, patience: patience)
            } catch is OldPrimary {
                for place in address.places {
                    if let other = try? PostgresConnection(address.at(place), patience: patience) { return other }
                }
                address.admission?.noteOldAlone()
                throw StoreUnavailable(HistoryFinding.older.sentence)
            }
        }

        func close() {
            known?.close()
            known = nil
        }
    }

    /// How long nobody tries to connect after a failure: from 0.1 s up to 2 s.
    private struct BackOff {
        private var delay: Duration = .milliseconds(50)
        private var until: ContinuousClock.Instant?

        var left: Duration? {
            guard let until, until > .now else { return nil }
            return until - .now
        }

        mutating func noteFailure() {
            delay = min(delay * 2, .seconds(2))
            until = .now + delay
        }
    }

    /// Sleeping on a thread of our own.
    enum Thread {
        static func sleep(milliseconds: Int) { usleep(useconds_t(milliseconds) * 1000) }
    }
#endif
