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
        StoreCase("a revocation of one user holds up nobody else") { harness in
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
