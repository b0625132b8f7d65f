#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import TestConditions
    import Testing

    @testable import LatchkeyPostgres

    /// What a node counts for its operators.
    struct NodeFiguresTests {
        /// A connection that keeps the cluster's lock, so that whoever begins has to wait.
        private final class Holder: Sendable {
            // On the test's task alone, one step after the other.
            nonisolated(unsafe) private let connection: PostgresConnection

            init(_ place: PostgresPlace) throws {
                unsafe connection = try PostgresConnection(place.settings.address)
                try unsafe connection.execute(
                    script: "BEGIN; SELECT pg_advisory_xact_lock(\(PostgresTransaction.clusterLock))")
            }

            func waitForOthers() async throws {
                // Other tests' databases have locks as well.
                let database = "(SELECT oid FROM pg_database WHERE datname = current_database())"
                let lock = "locktype = 'advisory' AND NOT granted AND database = \(database)"
                try await eventually("somebody waits for the turn") {
                    try unsafe connection.holds("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE \(lock))")
                }
            }

            func release() throws {
                try unsafe connection.execute(script: "COMMIT")
                unsafe connection.close()
            }
        }

        @Test func `the wait for the turn is measured, of those that want it and of those beside which it runs`()
            async throws
        {
            let place = try await PostgresPlace()
            let store = try place.open()
            let session = try await RotatingSession(on: store)
            for isAlone in [true, false] {
                let before = store.figures
                let holder = try Holder(place)
                async let written: Void = store.write(isAlone ? .turn : .session(session.session.id)) { _ in }.value
                try await holder.waitForOthers()
                let start = ContinuousClock.now
                try await Task.sleep(for: .milliseconds(20))
                let wait = ContinuousClock.now - start
                try holder.release()
                try await written
                let after = store.figures
                let (own, other) = isAlone ? (\SharingFigures.turns, \SharingFigures.others) : (\.others, \.turns)
                #expect(after[keyPath: own].counts.reduce(0, +) == before[keyPath: own].counts.reduce(0, +) + 1)
                #expect(after[keyPath: own].sum - before[keyPath: own].sum >= wait)
                #expect(after[keyPath: other] == before[keyPath: other])
            }
            await store.shutdown()
        }

        @Test func `sets are counted by their size, and steps that somebody was in the way of`() async throws {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.hotConnections = 1
            let store = try place.open(settings)
            let session = try await RotatingSession(on: store)
            _ = try await session.rotate(1, on: store)
            #expect(store.figures.sets.counts.first == 1 && store.figures.sets.sum == 1)
            #expect(store.figures.conflicts == 0)

            let holder = try PostgresConnection(settings.address)
            try holder.execute(script: "BEGIN")
            try holder.walk("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", [session.session.id.bytes]) { _ in .stop }
            async let waiting = session.rotate(2, on: store)
            try await eventually("it was tried in vain") { store.figures.conflicts > 0 }
            try holder.execute(script: "COMMIT")
            holder.close()
            #expect(try await waiting?.kind == .rotated)
            await store.shutdown()
        }
    }
#endif
