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
            /// For a token: the watermark that was judged, where that is told.
            var judged: Int64?
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
        private static let users = 4
        private static let workers = 8

        private func node(_ place: PostgresPlace) throws -> PostgresStore {
            var settings = place.settings
            settings.databaseClock = Self.quick
            settings.clockLag = 0
            return try place.open(settings, clock: Clock(now: Self.quick, sleep: { _ in }))
        }

        @Test func `no token outlives a revocation, and none is born revoked`() async throws {
            let place = try await PostgresPlace()
            let nodes = [try node(place), try node(place)]
            // Begun later than every watermark of the test: the sessions live on, and their tokens are revoked.
            let begun = nodes[0].clock.now() + .seconds(300 * 86400)
            let keys = MasterKeyRing.generate()
            var users: [[RotatingSession]] = []
            for _ in 0..<Self.users {
                // Each worker has a session of its own of each user.
                let first = try await RotatingSession(on: nodes[0], begun: begun, keys: keys)
                var sessions = [first]
                for _ in 1..<Self.workers {
                    sessions.append(try await RotatingSession(on: nodes[0], user: first.user, begun: begun, keys: keys))
                }
                users.append(sessions)
            }
            let sessions = users
            let order = Order()
            let (tokens, marks) = (Events(), Events())
            let count = 250 * PostgresPlace.force
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<Self.workers {
                    group.addTask {
                        var generations = [UInt32](repeating: 1, count: Self.users)
                        for turn in 0..<count {
                            let user = (worker + turn) % Self.users
                            let session = sessions[user][worker]
                            let begun = order.next()
                            let issued = try await Self.issue(
                                turn / Self.users, session, &generations[user], nodes[(worker + turn) % 2])
                            let ended = order.next()
                            guard let issued else { continue }
                            tokens.add(
                                Event(
                                    user: user, second: issued.at.seconds, judged: issued.judged, begun: begun,
                                    ended: ended))
                        }
                    }
                }
                for worker in 0..<3 {
                    group.addTask {
                        for turn in 0..<(count / 2) {
                            let user = (worker + turn) % Self.users
                            let begun = order.next()
                            let outcome = try await nodes[worker % 2].revoke(
                                RevocationOrder(.user(sessions[user][0].user.id), reason: .admin, actor: .operator))
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
            var unnoticed = 0
            var bornRevoked = 0
            for mark in revoked {
                for token in issued where token.user == mark.user {
                    if token.ended < mark.begun, token.second > mark.second { outlived += 1 }
                    // Of those that overlap: issued in ignorance of a revocation that does not match it.
                    if let judged = token.judged, judged < mark.second, token.second > mark.second { unnoticed += 1 }
                    if token.begun > mark.ended, token.second <= mark.second { bornRevoked += 1 }
                }
            }
            print("by force: \(issued.count) tokens against \(revoked.count) revocations")
            #expect(issued.count > 100 && revoked.count > 20)
            #expect(outlived == 0)
            #expect(unnoticed == 0)
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

        /// A token in one of the ways that there are: by a rotation, by a use of the session, by a rule with an open
        /// transaction, and without the session.
        /// - Returns: its `iat`, and the watermark of the user that was judged where that is told; nil when it has to wait.
        private static func issue(
            _ way: Int, _ rotating: RotatingSession, _ generation: inout UInt32, _ store: PostgresStore
        ) async throws -> (at: Timestamp, judged: Int64?)? {
            let session = rotating.session
            switch way % 6 {
            case 0:
                let use = SessionUse(session: session.id, idleLifetime: nil, notedAfter: nil, issuesToken: true)
                guard case .settled(.live(let record, let stamp?)) = try await store.useSession(use) else { return nil }
                return (stamp.issuedAt, record.user.issuedBefore ?? 0)
            case 1:
                guard case .settled(let issued) = try await store.issueForUser(rotating.user.id, client: session.client)
                else { return nil }
                return (issued.stamp.issuedAt, nil)
            case 2:
                return try await store.write(.session(session.id)) { ledger -> (at: Timestamp, judged: Int64?)? in
                    guard let record = try ledger.sessions.find(session.id),
                        case .open(let issuedAt) = try ledger.gate([
                            record.user.issuedBefore, record.client.issuedBefore,
                        ])
                    else { return nil }
                    return (issuedAt, record.user.issuedBefore ?? 0)
                }.value
            default:
                guard let answer = try await rotating.rotate(generation, on: store) else { return nil }
                generation = answer.record.session.lineage.current
                return (answer.stamp.issuedAt, answer.record.user.issuedBefore ?? 0)
            }
        }
    }
#endif
