import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let revocationCases: [StoreCase] = [
        StoreCase("a session is revoked once, with an entry that outlives its tokens") { harness in
            let record = try await harness.signIn()
            let order = RevocationOrder(.session(record.session.id), reason: .logout, actor: .user(record.user.id))
            guard case .revoked(let records, endedSessions: 1) = try await harness.store.revoke(order) else {
                throw UnexpectedAnswer("not revoked")
            }
            #expect(records.map(\.entry.expiresAt) == [harness.now + .seconds(300 + 120)])
            #expect(harness.observer.records == records)
            #expect(try await harness.reread(record).endedAt == harness.now)
            #expect(try await harness.store.revoke(order) == .nothingToRevoke)
            #expect(try await harness.events(.sessionEnded).first?.details["reason"] == "logout")
        },
        StoreCase("a missing target and an ended one have different outcomes") { harness in
            let id = SessionID.generate(at: harness.now)
            let user = UserID.generate(at: harness.now)
            let client = try #require(ClientID("nobody"))
            let targets: [RevocationTarget] = [
                .session(id), .user(user), .client(client), .otherSessions(user, keeping: id),
            ]
            for target in targets {
                let order = RevocationOrder(target, reason: .admin, actor: .operator)
                #expect(try await harness.store.revoke(order) == .unknownTarget)
            }
            #expect(try await harness.store.revocationState().lastSequence == 0)
        },
        StoreCase("a user's watermark ends all sessions without touching their rows") { harness in
            let record = try await harness.signIn()
            let order = RevocationOrder(.user(record.user.id), reason: .admin, actor: .operator)
            let outcome = try await harness.store.revoke(order)
            guard case .revoked(let records, endedSessions: 0) = outcome else { throw UnexpectedAnswer("not revoked") }
            #expect(records.map(\.entry.target) == [.user(record.user.id, issuedBefore: harness.now)])
            #expect(try await harness.reread(record).endedAt == nil)
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
            #expect(try await harness.store.revoke(order) == .nothingToRevoke)
            harness.advance(by: .seconds(1))
            // The next second is a new instant, in which tokens could have been issued.
            #expect(try await harness.store.revoke(order) != .nothingToRevoke)
        },
        StoreCase("a client's watermark ends its sessions and no others") { harness in
            let record = try await harness.signIn()
            let other = try await harness.begin(
                try harness.beginning(record.user, try await harness.addClient("other")))
            _ = try await harness.store.revoke(
                RevocationOrder(.client(record.client.id), reason: .admin, actor: .operator))
            harness.advance(by: .seconds(1))
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
            #expect(try await harness.rotate(other, 1).summary == "rotated 2")
        },
        StoreCase("revoke all spares sessions unless they are asked for") { harness in
            let record = try await harness.signIn()
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            harness.advance(by: .seconds(1))
            #expect(try await harness.rotate(record, 1).summary == "rotated 2")
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: true), reason: .admin, actor: .operator))
            harness.advance(by: .seconds(1))
            #expect(try await harness.rotate(record, 2).refusal == .revoked)
            let again = try await harness.begin(try harness.beginning(record.user, record.client))
            #expect(try await harness.rotate(again, 1).summary == "rotated 2")
        },
        StoreCase("revoke all with sessions in the second of one without is not lost") { harness in
            let record = try await harness.signIn()
            for sessions in [false, true] {
                let order = RevocationOrder(.all(sessions: sessions), reason: .admin, actor: .operator)
                #expect(try await harness.store.revoke(order) != .nothingToRevoke)
                #expect(try await harness.store.revoke(order) == .nothingToRevoke)
            }
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
        },
        StoreCase("the other sessions of a user end one by one") { harness in
            let kept = try await harness.signIn()
            let others = try await [
                harness.begin(harness.beginning(kept.user, kept.client)),
                harness.begin(harness.beginning(kept.user, kept.client)),
            ]
            let order = RevocationOrder(
                .otherSessions(kept.user.id, keeping: kept.session.id), reason: .user, actor: .user(kept.user.id))
            guard case .revoked(let records, endedSessions: 2) = try await harness.store.revoke(order) else {
                throw UnexpectedAnswer("not revoked")
            }
            #expect(Set(records.map(\.entry.target)) == Set(others.map { .session($0.session.id) }))
            #expect(try await harness.rotate(kept, 1).summary == "rotated 2")
            #expect(try await harness.store.revoke(order) == .nothingToRevoke)
        },
        StoreCase("the ninth live token entry of a session ends the session instead") { harness in
            let record = try await harness.signIn()
            for number in 1...9 {
                let order = RevocationOrder(
                    .token(.generate(), session: record.session.id, expiresAt: harness.now + .seconds(60)),
                    reason: .tokenRevoked, actor: .client(record.client.id))
                let outcome = try await harness.store.revoke(order)
                guard case .revoked(let records, _) = outcome else { throw UnexpectedAnswer("not revoked") }
                #expect(records.map(\.entry.kind) == [number == 9 ? .session : .token])
            }
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
        },
        StoreCase("an expired token, one revoked before, and one of an ended session need no entry") { harness in
            let record = try await harness.signIn()
            let token = TokenID.generate()
            func revoke(_ id: TokenID, _ session: SessionID?, _ expiresAt: Timestamp?) async throws -> RevocationOutcome
            {
                try await harness.store.revoke(
                    RevocationOrder(
                        .token(id, session: session, expiresAt: expiresAt), reason: .tokenRevoked, actor: .operator))
            }
            #expect(try await revoke(token, nil, harness.now) == .nothingToRevoke)
            #expect(try await revoke(token, nil, nil) != .nothingToRevoke)
            #expect(try await revoke(token, nil, nil) == .nothingToRevoke)
            _ = try await harness.store.revoke(
                RevocationOrder(.session(record.session.id), reason: .logout, actor: .operator))
            #expect(try await revoke(.generate(), record.session.id, nil) == .nothingToRevoke)
            #expect(try await harness.store.revocationState().lastSequence == 2)
        },
        StoreCase("sequence numbers survive a restart and a sweep of the whole log") { harness in
            for _ in 0..<3 {
                _ = try await harness.store.revoke(
                    RevocationOrder(.token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator)
                )
            }
            harness.advance(by: .seconds(86400))
            let policy = SweepPolicy(
                auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(86400), throttleWindow: .seconds(900))
            #expect(try await harness.sweep(policy, limit: 100) == 3)
            #expect(try await harness.store.revocations(page: PageRequest()).items.isEmpty)
            try await harness.reopen()
            guard
                case .revoked(let records, _) = try await harness.store.revoke(
                    RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            else { throw UnexpectedAnswer("not revoked") }
            #expect(records.map(\.entry.sequence) == [4])
        },
        StoreCase("the observer knows an entry before its caller does") { harness in
            let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        let outcome = try await harness.store.revoke(
                            RevocationOrder(
                                .token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator))
                        guard case .revoked(let records, _) = outcome else { return false }
                        return records.allSatisfy(harness.observer.records.contains)
                    }
                }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.count == 40 && outcomes.allSatisfy(\.self))
        },
        StoreCase("deltas, pages and the state agree on the live entries") { harness in
            for _ in 0..<5 {
                _ = try await harness.store.revoke(
                    RevocationOrder(
                        .token(.generate(), session: nil, expiresAt: nil), reason: .admin, note: "why",
                        actor: .operator))
            }
            #expect(try await harness.store.revocations(after: 2, limit: 2).map(\.entry.sequence) == [3, 4])
            let first = try await harness.store.revocations(page: PageRequest(limit: 3))
            #expect(first.items.map(\.entry.sequence) == [5, 4, 3])
            let rest = try await harness.store.revocations(page: PageRequest(limit: 3, cursor: first.nextCursor))
            #expect(rest.items.map(\.entry.sequence) == [2, 1])
            #expect(rest.nextCursor == nil)
            #expect(rest.items.map(\.note) == ["why", "why"])
            let state = try await harness.store.beginEpoch("e-1")
            #expect(state.epoch == "e-1" && state.lastSequence == 5)
        },
        StoreCase("the token horizon rises at once and sinks when the longer tokens are gone") { harness in
            try await harness.store.setTokenHorizon(.seconds(3600), skew: .seconds(60))
            #expect(try await harness.store.revocationState().tokenHorizon == .seconds(3600))
            try await harness.store.setTokenHorizon(.seconds(300), skew: .seconds(60))
            harness.advance(by: .seconds(3599))
            try await harness.store.setTokenHorizon(.seconds(300), skew: .seconds(60))
            #expect(try await harness.store.revocationState().tokenHorizon == .seconds(3600))
            harness.advance(by: .seconds(1))
            #expect(try await harness.store.revocationState().tokenHorizon == .seconds(300))
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            #expect(harness.observer.records.map(\.entry.expiresAt) == [harness.now + .seconds(360)])
        },
        StoreCase("a client has a thousand live entries for tokens without a session, and then waits") { harness in
            let client = Actor.client(try #require(ClientID("app")))
            func revoke(_ actor: Actor) async throws {
                _ = try await harness.store.revoke(
                    RevocationOrder(
                        .token(.generate(), session: nil, expiresAt: nil), reason: .tokenRevoked, actor: actor))
            }
            try await revoke(client)
            harness.advance(by: .seconds(20))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1..<1000 { group.addTask { try await revoke(client) } }
                try await group.waitForAll()
            }
            do {
                try await revoke(client)
                throw UnexpectedAnswer("one entry too many")
            } catch let refusal as Refusal {
                #expect(refusal == Refusal(.tooManyAttempts, ""))
                #expect(refusal.retryAfter == .seconds(300))
            }
            #expect(try await harness.store.revocationState().lastSequence == 1000)
            try await revoke(.operator)
            try await revoke(.client(try #require(ClientID("other"))))
            harness.advance(by: .seconds(400))
            try await revoke(client)
            await #expect(throws: Refusal(.tooManyAttempts, "")) { try await revoke(client) }
        },
    ]
}
