#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyPostgres
    import LatchkeyTokens
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    /// Issuances and revocations by time at once, on two nodes, with a second of four milliseconds: every pair of them is
    /// compared afterwards.
    struct ClockByForceTests {
        private struct Event: Sendable {
            let user: Int
            /// `iat`, or `iat_before`.
            let second: Int64
            /// Places in the order of all beginnings and ends.
            let begun: Int
            let ended: Int
        }

        /// 250 times as fast as the real time.
        private static let quick: @Sendable () -> Timestamp = {
            let start = Timestamp(seconds: 1_795_420_800)
            let passed = ContinuousClock.now - origin
            return start + passed * 250
        }
        private static let origin = ContinuousClock.now

        private func node(_ place: PostgresPlace) throws -> PostgresStore {
            var settings = place.settings
            settings.databaseClock = Self.quick
            settings.clockLag = 0
            return try place.open(settings, clock: Clock(now: Self.quick, sleep: { _ in }))
        }

        @Test func `no token outlives a revocation, and none is born revoked`() async throws {
            let place = try await PostgresPlace()
            let nodes = [try node(place), try node(place)]
            let sessions = try await Self.sessions(nodes[0])
            let order = Order()
            let (tokens, marks) = (Events(), Events())
            let count = 250 * PostgresPlace.force
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for turn in 0..<count {
                            let user = (worker + turn) % sessions.count
                            let begun = order.next()
                            let issued = try await Self.issue(sessions[user].0, nodes[worker % 2])
                            let ended = order.next()
                            guard let issued else { continue }
                            tokens.add(Event(user: user, second: issued.seconds, begun: begun, ended: ended))
                        }
                    }
                }
                for worker in 0..<3 {
                    group.addTask {
                        for turn in 0..<(count / 2) {
                            let user = (worker + turn) % sessions.count
                            let begun = order.next()
                            let outcome = try await nodes[worker % 2].revoke(
                                RevocationOrder(.user(sessions[user].1), reason: .admin, actor: .operator))
                            let ended = order.next()
                            guard case .revoked(let records, _) = outcome,
                                case .user(_, let before)? = records.first?.entry.target
                            else { continue }
                            marks.add(Event(user: user, second: before.seconds, begun: begun, ended: ended))
                        }
                    }
                }
                try await group.waitForAll()
            }
            for node in nodes { await node.shutdown() }
            let (issued, revoked) = (tokens.all, marks.all)
            var outlived = 0
            var bornRevoked = 0
            for mark in revoked {
                for token in issued where token.user == mark.user {
                    if token.ended < mark.begun, token.second > mark.second { outlived += 1 }
                    if token.begun > mark.ended, token.second <= mark.second { bornRevoked += 1 }
                }
            }
            print("by force: \(issued.count) tokens against \(revoked.count) revocations")
            #expect(issued.count > 100 && revoked.count > 20)
            #expect(outlived == 0)
            #expect(bornRevoked == 0)
        }

        private final class Events: Sendable {
            private let noted = Mutex<[Event]>([])
            var all: [Event] { noted.withLock { $0 } }
            func add(_ event: Event) { noted.withLock { $0.append(event) } }
        }

        /// Numbers beginnings and ends.
        private final class Order: Sendable {
            private let last = Atomic<Int>(0)
            func next() -> Int { last.add(1, ordering: .sequentiallyConsistent).newValue }
        }

        /// A session of each of four users, of a scope of their own: what issues there runs beside what revokes the user.
        private static func sessions(_ store: PostgresStore) async throws -> [(SessionID, UserID)] {
            let client = try #require(ClientID("force"))
            let now = store.clock.now()
            try await store.createClient(
                Client(id: client, kind: .public, settings: ClientSettings(defaultsFor: .public), createdAt: now),
                secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
            var made: [(SessionID, UserID)] = []
            for number in 0..<4 {
                let user = User(
                    id: .generate(at: now), name: "u\(number)", normalisedName: "u\(number)", roles: [],
                    disabled: false, mustChangePassword: false, createdAt: now)
                let session = Session(
                    id: .generate(at: now), user: user.id, client: client, transport: .body,
                    scope: try #require(Scope("openid")), nonce: [UInt8](repeating: 1, count: 16),
                    // Later than every watermark of the test: the session lives on, and its tokens are revoked.
                    createdAt: now, expiresAt: now + .seconds(86400 * 365), authenticationMethods: ["pwd"],
                    deviceName: nil, network: "192.0.2.1", lineage: .begun(at: now, from: "192.0.2.1"))
                _ = try await store.write { ledger in
                    _ = try ledger.users.insert(user)
                    try ledger.sessions.insert(session)
                }
                made.append((session.id, user.id))
            }
            return made
        }

        /// `iat` of a token that the store lets be issued now; nil when it has to wait.
        private static func issue(_ session: SessionID, _ store: PostgresStore) async throws -> Timestamp? {
            try await store.write(.session(session)) { ledger in
                guard let record = try ledger.sessions.find(session) else { return nil }
                guard
                    case .open(let issuedAt) = try ledger.gate([record.user.issuedBefore, record.client.issuedBefore])
                else { return nil }
                return issuedAt
            }.value
        }
    }
#endif
