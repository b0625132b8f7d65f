import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let gateCases: [StoreCase] = [
        StoreCase("nothing is issued in the second of a revocation") { harness in
            let record = try await harness.signIn()
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            let next = harness.now + .seconds(1)
            let request = try harness.beginning(record.user, record.client)
            try expectWait(try await harness.store.beginSession(request), until: next)
            try expectWait(try await harness.store.issueForClient(record.client.id), until: next)
            try expectWait(
                try await harness.store.issueForUser(record.user.id, client: record.client.id), until: next)
            let rotation = try harness.rotation(record, 1)
            try expectWait(try await harness.store.rotateSession(rotation), until: next)
            #expect(try await harness.store.session(request.id) == nil)
            #expect(try await harness.reread(record).lineage.current == 1)
            harness.advance(by: .seconds(1))
            guard case .settled(.answered(let answer)) = try await harness.store.rotateSession(rotation) else {
                throw UnexpectedAnswer("still waiting")
            }
            #expect(answer.stamp.issuedAt == next)
        },
        StoreCase("a revocation of one user delays no other user") { harness in
            let record = try await harness.signIn()
            let other = try await harness.addUser("grace")
            _ = try await harness.store.revoke(
                RevocationOrder(.user(record.user.id), reason: .admin, actor: .operator))
            _ = try await harness.begin(try harness.beginning(other, record.client))
            try expectWait(
                try await harness.store.beginSession(try harness.beginning(record.user, record.client)),
                until: harness.now + .seconds(1))
        },
        StoreCase("a clock set back a little waits, set back far refuses, and revocations go on") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .seconds(10))
            _ = try await harness.rotate(record, 1)
            let floor = harness.now
            harness.advance(by: .milliseconds(-1500))
            try expectWait(try await harness.store.issueForClient(record.client.id), until: floor)
            harness.advance(by: .seconds(-3600))
            try await harness.reopen()
            guard case .clockSetBack(let retryAfter) = try await harness.store.issueForClient(record.client.id) else {
                throw UnexpectedAnswer("issued with a clock that was set back")
            }
            #expect(retryAfter == .seconds(3600))
            _ = try await harness.store.revoke(
                RevocationOrder(.user(record.user.id), reason: .admin, actor: .operator))
            #expect(
                harness.observer.records.map(\.entry.target) == [.user(record.user.id, issuedBefore: floor)],
                "a revocation has to match what was issued before the clock was set back")
        },
        StoreCase("the clock's floor is the latest second that was used, and only a reset lowers it") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .seconds(86400))
            _ = try await harness.rotate(record, 1)
            let used = harness.now.seconds
            #expect(try await harness.store.revocationState().clockFloor.seconds == used)
            harness.advance(by: .seconds(-3600))
            guard case .clockSetBack = try await harness.store.issueForClient(record.client.id) else {
                throw UnexpectedAnswer("issued with a clock that was set back")
            }
            try await harness.reopen()
            #expect(try await harness.store.revocationState().clockFloor.seconds == used)
            try await harness.store.resetClockFloor(to: harness.now, actor: .operator)
            #expect(try await harness.store.revocationState().clockFloor.seconds == harness.now.seconds)
            let issued = try harness.granted(try await harness.store.issueForClient(record.client.id))
            #expect(issued.stamp.issuedAt.seconds == harness.now.seconds)
        },
        StoreCase("a reset clock takes back codes and replaced secrets of the wrong time") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            harness.advance(by: .seconds(400 * 86400))
            let verifier = String(repeating: "v", count: 43)
            let code = LoginCodeIssue(
                digest: [UInt8](repeating: 1, count: 32),
                authenticated: harness.authenticated(user), client: client.id,
                redirectURI: "https://app.example/cb", challenge: CodeChallenge.s256(verifier),
                scope: try #require(Scope("openid")), deviceName: nil,
                network: StoreHarness.network)
            #expect(try harness.granted(try await harness.store.addLoginCode(code)))
            let event = AuditEvent(.clientSecretRotated, at: harness.now, actor: .operator)
            for number in UInt8(1)...2 {
                try await harness.store.rotateClientSecret(
                    SealedClientSecret(client: client.id, sealed: [number], createdAt: harness.now, expiresAt: nil),
                    previousExpiresAt: harness.now + .seconds(60), event: event)
                harness.advance(by: .seconds(1))
            }
            harness.advance(by: .seconds(-400 * 86400))
            try await harness.store.resetClockFloor(to: harness.now, actor: .operator)
            harness.advance(by: .seconds(5))
            #expect(try await harness.store.clientSecrets()[client.id]?.map(\.sealed) == [[2]])
            let redemption = CodeRedemption(
                digest: code.digest, client: client.id, redirectURI: code.redirectURI, verifier: verifier,
                transport: .session,
                session: .generate(at: harness.now), nonce: [UInt8](repeating: 7, count: 16),
                absoluteLifetime: .seconds(86400), network: StoreHarness.network, replacing: nil)
            guard case .refused = try harness.granted(try await harness.store.redeemCode(redemption)) else {
                throw UnexpectedAnswer("a code of the wrong time was redeemed")
            }
        },
        StoreCase("a session begun right after a revocation outlives it") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .milliseconds(400))
            _ = try await harness.store.revoke(
                RevocationOrder(.user(record.user.id), reason: .passwordChange, actor: .operator))
            harness.advance(by: .milliseconds(600))
            let next = try await harness.begin(try harness.beginning(record.user, record.client))
            #expect(try await harness.rotate(next, 1).summary == "rotated 2")
            #expect(try await harness.rotate(record, 1).refusal == .revoked)
        },
    ]

    static func expectWait<Value>(_ issuance: Issuance<Value>, until instant: Timestamp) throws {
        guard case .wait(until: instant) = issuance else {
            throw UnexpectedAnswer("expected to wait until \(instant), got \(issuance)")
        }
    }
}
