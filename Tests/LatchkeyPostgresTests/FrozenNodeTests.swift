#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import Testing

    @testable import LatchkeyPostgres

    /// A node that was stopped in the middle of a transaction, with what it holds at the time.
    @Suite(.serialized) struct FrozenNodeTests {
        enum Held: String, CaseIterable, CustomTestStringConvertible {
            case turn, clock, sequencer, session

            var testDescription: String { rawValue }
        }

        /// Its connection stays open: what it holds is let go by the server alone.
        @Test(arguments: Held.allCases) func `the others go on without what a stopped node holds`(held: Held)
            async throws
        {
            let place = try await PostgresPlace()
            let store = try place.open()
            let session = try await ConcurrencyTests.session(store)
            let frozen = try PostgresConnection(place.settings.address)
            try frozen.execute(script: "BEGIN")
            switch held {
            case .turn:
                try frozen.execute(script: "SELECT pg_advisory_xact_lock(\(PostgresTransaction.clusterLock))")
            case .clock: try frozen.execute(script: "UPDATE clock SET second = second + 0")
            case .sequencer: try frozen.execute(script: "SELECT last_seq FROM revocation_state FOR UPDATE")
            case .session:
                try frozen.walk("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", [session.bytes]) { _ in .stop }
            }
            let start = ContinuousClock.now
            // Needs the turn, the clock's row and a number in the log.
            try await Self.untilAcknowledged {
                _ = try await store.revoke(
                    RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            }
            try await Self.untilAcknowledged {
                _ = try await store.revoke(RevocationOrder(.session(session), reason: .logout, actor: .operator))
            }
            print("beside a stopped node that holds the \(held): \(start.duration(to: .now))")
            #expect(throws: PostgresError.self) { try frozen.execute(script: "COMMIT") }
            frozen.close()
            await store.shutdown()
        }

        /// As a client does that is told to come back.
        private static func untilAcknowledged(_ body: @escaping @Sendable () async throws -> Void) async throws {
            try await eventually("the act is acknowledged") {
                do {
                    try await body()
                    return true
                } catch is StoreUnavailable {
                    return false
                }
            }
        }
    }
#endif
