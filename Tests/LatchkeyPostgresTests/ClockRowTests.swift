#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// The clock's row as nodes move it on, with the lag that they have outside of tests.
    struct ClockRowTests {
        private final class Time: Sendable {
            private let instant = Mutex(Timestamp(seconds: 1_795_420_800))
            var now: Timestamp { instant.withLock { $0 } }
            func advance(_ duration: Duration) { instant.withLock { $0 = $0 + duration } }
        }

        private let time = Time()

        private func node(_ place: PostgresPlace) throws -> PostgresStore {
            let time = time
            var settings = place.settings
            settings.databaseClock = { time.now }
            return try place.open(settings, clock: Clock(now: { time.now }, sleep: { time.advance($0) }))
        }

        private func second(_ place: PostgresPlace) throws -> Int64 {
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            return try connection.integer("SELECT second FROM clock")
        }

        @Test func `an iat is at most a second old, and never of the future`() async throws {
            let place = try await PostgresPlace()
            let store = try node(place)
            let session = try await RotatingSession(on: store)
            var generation: UInt32 = 1
            var last: Int64 = 0
            for step in [0, 300, 900, 1100, 5000, 86_400_000, 10, 1000] {
                time.advance(.milliseconds(step))
                let answer = try #require(try await session.rotate(generation, on: store))
                generation += 1
                let lag = time.now.seconds - answer.stamp.issuedAt.seconds
                #expect(lag == 0 || lag == 1)
                #expect(answer.stamp.issuedAt.seconds >= last)
                last = answer.stamp.issuedAt.seconds
                // Not later than the end of the second that it is issued in.
                #expect(answer.record.session.lineage.rotatedAt.seconds == last)
            }
            await store.shutdown()
        }

        @Test func `whoever issues moves the row on for the next one, and it never goes back`() async throws {
            let place = try await PostgresPlace()
            let store = try node(place)
            let session = try await RotatingSession(on: store)
            _ = try await session.rotate(1, on: store)
            time.advance(.seconds(1))
            let now = time.now.seconds
            _ = try await session.rotate(2, on: store)
            try await eventually("the row has moved on") { try second(place) == now }
            time.advance(.seconds(-3600))
            guard case .clockSetBack = try await store.rotateSession(try session.request(3)) else {
                Issue.record("issued with a clock that was set back")
                return
            }
            #expect(try second(place) == now)
            await store.shutdown()
        }

        @Test func `a wrong time counts as used once something was issued, not by probes and sweeps`() async throws {
            let place = try await PostgresPlace()
            let store = try node(place)
            let session = try await RotatingSession(on: store)
            _ = try await session.rotate(1, on: store)
            let used = try second(place)
            time.advance(.seconds(86400))
            let wrong = time.now
            try await store.checkWritable()
            let event = AuditEvent(.userUpdated, at: wrong, actor: .operator)
            try await store.write(.rows) { ledger in
                #expect(ledger.instant == wrong, "what is noted has its time all the same")
                try AuditRules.append(event, ledger)
            }.value
            await #expect(throws: StoreFault.self, "its time may be later than that of a revocation") {
                try await store.write(.rows) { _ = try $0.gate([]) }.value
            }
            #expect(try second(place) == used)
            time.advance(.seconds(-86400))
            #expect(try await session.rotate(2, on: store)?.kind == .rotated)
            await store.shutdown()
        }

        @Test func `after a revocation the next second issues, whoever asks`() async throws {
            let place = try await PostgresPlace()
            let store = try node(place)
            let session = try await RotatingSession(on: store, begun: time.now + .seconds(86400))
            let loop = IssuanceLoop(clock: store.clock)
            for round in UInt32(1)...5 {
                _ = try await store.revoke(RevocationOrder(.user(session.user.id), reason: .admin, actor: .operator))
                let revoked = try second(place)
                #expect(try await session.rotate(round, on: store) == nil)
                // The loop sleeps until the next second, and finds it.
                switch round {
                case 1, 5:
                    guard
                        case .answered(let answer) = try await loop.run({
                            try await store.rotateSession(try session.request(round))
                        })
                    else {
                        Issue.record("no answer")
                        return
                    }
                    #expect(answer.stamp.issuedAt.seconds == revoked + 1)
                    continue
                case 2:
                    let use = SessionUse(
                        session: session.session.id, idleLifetime: nil, notedAfter: nil, issuesToken: true)
                    guard case .live(_, let stamp?) = try await loop.run({ try await store.useSession(use) }) else {
                        Issue.record("not live")
                        return
                    }
                    #expect(stamp.issuedAt.seconds == revoked + 1)
                case 3:
                    let issued = try await loop.run {
                        try await store.issueForUser(session.user.id, client: session.session.client)
                    }
                    #expect(issued.stamp.issuedAt.seconds == revoked + 1)
                default:
                    let beginning = SessionBeginning(
                        id: .generate(at: time.now), nonce: session.session.nonce,
                        authenticated: Authenticated(
                            user: session.user, credentialVersion: 1,
                            proofs: [Proof(.password, at: time.now)], admission: nil),
                        client: session.session.client, transport: .body, scope: session.session.scope,
                        absoluteLifetime: .seconds(3600), deviceName: nil, network: "192.0.2.1", replacing: nil)
                    guard case .begun(_, let stamp) = try await loop.run({ try await store.beginSession(beginning) })
                    else {
                        Issue.record("not begun")
                        return
                    }
                    #expect(stamp.issuedAt.seconds == revoked + 1)
                }
                #expect(try await session.rotate(round, on: store)?.kind == .rotated)
            }
            await store.shutdown()
        }
    }
#endif
