import LatchkeyCore
import LatchkeyTokens
import TestConditions
import Testing

extension StoreConformance {
    static let rotationCases: [StoreCase] = [
        StoreCase("fifty parallel refreshes of one token are one generation step") { harness in
            let record = try await harness.signIn()
            let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await harness.rotate(record, 1).summary } }
                return try await group.reduce(into: [String: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(outcomes == ["rotated 2": 1, "sameSuccessor 2": 49])
            #expect(try await harness.reread(record).lineage.current == 2)
        },
        StoreCase("every row of the generation table has its answer") { harness in
            let record = try await harness.signIn()
            #expect(try await harness.rotate(record, 1).summary == "rotated 2")
            #expect(try await harness.rotate(record, 1).summary == "sameSuccessor 2")
            harness.advance(by: .seconds(15))
            #expect(try await harness.rotate(record, 1).summary == "accessOnly")
            harness.advance(by: .seconds(15))
            #expect(try await harness.rotate(record, 1).summary == "recovered 3")
            #expect(try await harness.rotate(record, 3).summary == "rotated 4")
            let stored = try await harness.reread(record).lineage
            #expect(stored.held == 3 && stored.recoveries == 1 && stored.rotatedAt == harness.now)
            #expect(try await harness.rotate(record, 9).summary == "rolledBack 10")
            #expect(try await harness.events(.refreshRecovered).count == 1)
            #expect(try await harness.events(.storeRolledBack).first?.details == ["presented": "9", "stored": "4"])
            #expect(harness.observer.records.isEmpty)
        },
        StoreCase("a skipped generation ends the session and tells how far behind it was") { harness in
            let record = try await harness.signIn()
            _ = try await harness.rotate(record, 1)
            harness.advance(by: .seconds(30))
            #expect(try await harness.rotate(record, 1).summary == "recovered 3")
            harness.advance(by: .seconds(7))
            #expect(try await harness.rotate(record, 2).refusal == .replayed)
            #expect(try await harness.reread(record).endReason == .replay)
            #expect(harness.observer.records.map(\.entry.target) == [.session(record.session.id)])
            let event = try #require(try await harness.events(.refreshReplayed).first)
            #expect(event.details == ["behind": "1", "age_seconds": "7"])
            #expect(try await harness.rotate(record, 3).refusal == .revoked)
        },
        StoreCase("an old generation ends the session") { harness in
            let record = try await harness.signIn()
            for generation in UInt32(1)...3 { _ = try await harness.rotate(record, generation) }
            #expect(try await harness.rotate(record, 1).refusal == .replayed)
            #expect(try await harness.rotate(record, 4).refusal == .revoked)
        },
        StoreCase("recoveries beyond the limit of a day are a replay") { harness in
            let record = try await harness.signIn()
            _ = try await harness.rotate(record, 1)
            for _ in 0..<2 {
                harness.advance(by: .seconds(30))
                #expect(try await harness.rotate(record, 1).summary.hasPrefix("recovered"))
            }
            harness.advance(by: .seconds(30))
            #expect(try await harness.rotate(record, 1).refusal == .replayed)
        },
        StoreCase("a session with transport cookie rotates at most once in the window") { harness in
            let record = try await harness.signIn(transport: .cookie)
            #expect(try await harness.rotate(record, 1).summary == "accessOnly")
            harness.advance(by: .seconds(30))
            #expect(try await harness.rotate(record, 1).summary == "rotated 2")
            #expect(try await harness.rotate(record, 2).summary == "accessOnly")
        },
        StoreCase("the wrong client, transport and scope change nothing") { harness in
            let record = try await harness.signIn()
            let other = try await harness.addClient("other")
            let wider = try #require(Scope("openid email"))
            #expect(try await harness.rotate(record, 1, client: other.id).refusal == .wrongClient)
            #expect(try await harness.rotate(record, 1, transport: .cookie).refusal == .wrongTransport)
            #expect(try await harness.rotate(record, 1, scope: wider).summary == "invalidScope")
            #expect(try await harness.reread(record).lineage == record.session.lineage)
            #expect(try await harness.rotate(record, 1, scope: Scope("openid")).summary == "rotated 2")
        },
        StoreCase("a forged tag changes nothing, whatever its generation, and comes before all else") { harness in
            let record = try await harness.signIn()
            let other = try await harness.addClient("other")
            for generation in UInt32(1)...3 { _ = try await harness.rotate(record, generation) }
            let before = try await harness.reread(record)
            for generation in [UInt32(1), 3, 4, 5, .max] {
                let text = try RefreshToken.derive(
                    session: record.session.id, generation: generation, nonce: [UInt8](repeating: 8, count: 16),
                    keys: harness.masterKeys
                ).text
                let forged = SessionRotation(
                    token: try #require(RefreshToken(text)), client: other.id, transport: .cookie,
                    network: StoreHarness.network, policy: StoreHarness.policy, scope: Scope("openid email"),
                    masterKeys: harness.masterKeys, settings: Settings(issuer: "https://auth.example"))
                let outcome = try harness.granted(try await harness.store.rotateSession(forged))
                #expect(outcome.refusal == .malformed)
            }
            #expect(try await harness.reread(record) == before)
            #expect(try await harness.events(.refreshReplayed).isEmpty)
        },
        StoreCase("a replay with too wide a scope still ends the session") { harness in
            let record = try await harness.signIn()
            for generation in UInt32(1)...2 { _ = try await harness.rotate(record, generation) }
            #expect(try await harness.rotate(record, 1, scope: Scope("openid email")).refusal == .replayed)
        },
        StoreCase("idle and absolute expiry refuse") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .seconds(14 * 86400))
            #expect(try await harness.rotate(record, 1).refusal == .expired)
            let long = RefreshPolicy(reuseWindow: .seconds(30), recoveryLimit: 2, idleLifetime: .seconds(400 * 86400))
            #expect(try await harness.rotate(record, 1, policy: long).summary == "rotated 2")
            harness.advance(by: .seconds(76 * 86400))
            #expect(try await harness.rotate(record, 2, policy: long).refusal == .expired)
        },
        StoreCase("an unknown session and one without its user are unknown") { harness in
            let record = try await harness.signIn()
            try await harness.store.deleteUser(record.user.id, actor: .operator)
            #expect(try await harness.rotate(record, 1).refusal == .unknown)
            #expect(try await harness.store.session(record.session.id) == nil)
        },
        StoreCase("the same successor elsewhere is noted without holding up the answer") { harness in
            let record = try await harness.signIn()
            _ = try await harness.rotate(record, 1)
            #expect(try await harness.rotate(record, 1, network: "203.0.113.7").summary == "sameSuccessor 2 elsewhere")
            try await eventually("the event is there") {
                try await harness.events(.refreshReusedElsewhere).map(\.network) == ["203.0.113.7"]
            }
        },
        StoreCase("a session's device is named by its user while it lives, and the lineage stays") { harness in
            let record = try await harness.signIn()
            let grace = try await harness.addUser("grace")
            func rename(_ user: UserID, _ name: String?) async throws -> SessionRecord? {
                try await harness.store.renameSession(record.session.id, of: user, to: name)
            }
            _ = try await harness.rotate(record, 1)
            #expect(try await rename(grace.id, "Grace's") == nil)
            let unknown = try await harness.store.renameSession(
                .generate(at: harness.now), of: record.user.id, to: "x")
            #expect(unknown == nil)
            #expect(try await harness.reread(record).deviceName == "Laptop")
            #expect(try await rename(record.user.id, "Desk")?.session.deviceName == "Desk")
            let named = try await harness.reread(record)
            #expect(named.deviceName == "Desk" && named.lineage.current == 2)
            #expect(try await rename(record.user.id, nil)?.session.deviceName == String?.none)
            _ = try await harness.store.revoke(
                RevocationOrder(.session(record.session.id), reason: .logout, actor: .user(record.user.id)))
            #expect(try await rename(record.user.id, "late") == nil)
            #expect(try await harness.reread(record).deviceName == nil)
        },
        StoreCase("an event that is appended later gets there") { harness in
            let record = try await harness.signIn()
            harness.store.appendAuditLater(
                AuditEvent(
                    .refreshReusedRepeatedly, at: harness.now, actor: .system, session: record.session.id,
                    details: ["generations": "4"]))
            try await eventually("the event is there") {
                try await harness.events(.refreshReusedRepeatedly).map(\.details) == [["generations": "4"]]
            }
        },
        StoreCase("a rotation from another network is kept and survives a restart") { harness in
            let record = try await harness.signIn()
            _ = try await harness.rotate(record, 1, network: "203.0.113.7")
            try await harness.reopen()
            let stored = try await harness.reread(record)
            #expect(stored.lineage.rotatedFrom == "203.0.113.7")
            #expect(stored.network == StoreHarness.network)
            #expect(try await harness.rotate(record, 2).summary == "rotated 3")
        },
    ]
}
