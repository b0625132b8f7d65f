import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    static let loginCases: [StoreCase] = [
        StoreCase("a login that lost the race with a password change begins nothing") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            _ = try await harness.store.setPassword(
                user.id, hash: "hash-2", ifVersion: 1, mustChange: false, actor: .user(user.id))
            harness.advance(by: .seconds(1))
            let request = try harness.beginning(user, client, version: 1)
            guard case .lostRace = try harness.granted(try await harness.store.beginSession(request)) else {
                throw UnexpectedAnswer("the login won")
            }
            #expect(try await harness.store.session(request.id) == nil)
        },
        StoreCase("a disabled user, an unknown user and a deleted user lose the race") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            _ = try await harness.store.setUserDisabled(user.id, true, actor: .operator)
            _ = try await harness.store.setUserDisabled(user.id, false, actor: .operator)
            harness.advance(by: .seconds(1))
            // The version went up with the disabling, so a login verified before it loses even after the enabling.
            let outcome = try harness.granted(try await harness.store.beginSession(try harness.beginning(user, client)))
            guard case .lostRace = outcome else { throw UnexpectedAnswer("the disabled user's login won") }
            try await harness.store.deleteUser(user.id, actor: .operator)
            harness.advance(by: .seconds(1))
            let gone = try harness.granted(
                try await harness.store.beginSession(try harness.beginning(user, client, version: 2)))
            guard case .lostRace = gone else { throw UnexpectedAnswer("the deleted user's login won") }
        },
        StoreCase("a login through a disabled client is refused") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            _ = try await harness.store.setClientDisabled(client.id, true, actor: .operator)
            harness.advance(by: .seconds(1))
            let outcome = try harness.granted(try await harness.store.beginSession(try harness.beginning(user, client)))
            guard case .clientRefused = outcome else { throw UnexpectedAnswer("the login went through") }
        },
        StoreCase("a login ends the session that it replaces, of the same client only") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let other = try await harness.addClient("other")
            let old = try await harness.begin(try harness.beginning(user, client))
            let foreign = try await harness.begin(try harness.beginning(user, other))
            _ = try await harness.begin(try harness.beginning(user, client, replacing: foreign.session.id))
            #expect(try await harness.reread(foreign).endedAt == nil)
            _ = try await harness.begin(try harness.beginning(user, client, replacing: old.session.id))
            #expect(try await harness.reread(old).endReason == .replacedByLogin)
            #expect(harness.observer.records.map(\.entry.target) == [.session(old.session.id)])
        },
        StoreCase("a login remembers the network, at most 32 of them, and resets its buckets") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let pair = ThrottleBucket(kind: .pair, number: 5)
            let account = ThrottleBucket(kind: .account, number: 9)
            let failure = AuditEvent(.loginFailed, at: harness.now, actor: .system, network: "192.0.2.9")
            try await harness.store.recordFailure([pair, account], window: .seconds(900), event: failure)
            for number in 0...32 {
                harness.advance(by: .seconds(1))
                _ = try await harness.begin(
                    try harness.beginning(user, client, network: "198.51.100.\(number)", resetting: [pair]))
            }
            #expect(try await harness.store.isKnownNetwork("198.51.100.32", of: user.id))
            #expect(try await harness.store.isKnownNetwork("198.51.100.1", of: user.id))
            #expect(try await !harness.store.isKnownNetwork("198.51.100.0", of: user.id))
            let counters = try await harness.store.loginAttempt(normalisedName: nil, counters: [pair, account]).counters
            #expect(Set(counters.keys) == [account])
            harness.advance(by: .seconds(90 * 86400))
            #expect(try await !harness.store.isKnownNetwork("198.51.100.32", of: user.id))
        },
        StoreCase("a session reads back as it was begun, with user and client") { harness in
            let begun = try await harness.signIn()
            let read = try #require(try await harness.store.session(begun.session.id))
            #expect(read.session == begun.session)
            #expect(read.user == begun.user)
            #expect(read.client == begun.client)
            #expect(try await harness.events(.loginSucceeded).map(\.session) == [begun.session.id])
        },
        StoreCase("failures count within the window and fold into one audit line") { harness in
            let bucket = ThrottleBucket(kind: .network, number: 1_048_575)
            for _ in 0..<3 {
                let event = AuditEvent(.loginFailed, at: harness.now, actor: .system, network: "192.0.2.9")
                try await harness.store.recordFailure([bucket], window: .seconds(900), event: event)
                harness.advance(by: .seconds(1))
            }
            #expect(
                try await harness.store.loginAttempt(normalisedName: nil, counters: [bucket]).counters[bucket]?.failures
                    == 3)
            #expect(try await harness.events(.loginFailed).map(\.count) == [3])
            harness.advance(by: .seconds(900))
            let event = AuditEvent(.loginFailed, at: harness.now, actor: .system, network: "192.0.2.9")
            try await harness.store.recordFailure([bucket], window: .seconds(900), event: event)
            #expect(
                try await harness.store.loginAttempt(normalisedName: nil, counters: [bucket]).counters[bucket]?.failures
                    == 1)
            #expect(try await harness.events(.loginFailed).map(\.count) == [1, 3])
        },
        StoreCase("a user has 256 sessions, and one more login ends the oldest") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let other = try await harness.begin(try harness.beginning(try await harness.addUser("grace"), client))
            var begun: [SessionRecord] = []
            for _ in 0..<256 {
                harness.advance(by: .milliseconds(1))
                begun.append(try await harness.begin(try harness.beginning(user, client)))
            }
            #expect(harness.observer.records.isEmpty)
            harness.advance(by: .milliseconds(1))
            let last = try await harness.begin(try harness.beginning(user, client))
            #expect(harness.observer.records.map(\.entry.target) == [.session(begun[0].session.id)])
            #expect(try await harness.reread(begun[0]).endReason == .tooManySessions)
            #expect(try await harness.rotate(begun[0], 1).refusal == .revoked)
            for living in [begun[1], last, other] {
                #expect(try await harness.rotate(living, 1).summary == "rotated 2")
            }
        },
        StoreCase("sessions that a watermark ended make room without an entry of their own") { harness in
            let record = try await harness.signIn()
            _ = try await harness.store.revoke(
                RevocationOrder(.user(record.user.id), reason: .admin, actor: .operator))
            harness.advance(by: .seconds(1))
            for _ in 0..<256 {
                harness.advance(by: .milliseconds(1))
                _ = try await harness.begin(try harness.beginning(record.user, record.client))
            }
            #expect(harness.observer.records.map(\.entry.kind) == [.user])
            #expect(try await harness.reread(record).endedAt == harness.now)
        },
        StoreCase("failures against an account count for a day, whatever the window is") { harness in
            let account = ThrottleBucket(kind: .account, number: 3)
            let pair = ThrottleBucket(kind: .pair, number: 3)
            func fail() async throws -> [Int?] {
                try await harness.store.recordFailure(
                    [account, pair], window: .seconds(900),
                    event: AuditEvent(.loginFailed, at: harness.now, actor: .system, network: "192.0.2.9"))
                let counters = try await harness.store.loginAttempt(normalisedName: nil, counters: [account, pair])
                    .counters
                return [counters[account]?.failures, counters[pair]?.failures]
            }
            #expect(try await fail() == [1, 1])
            harness.advance(by: .seconds(86399))
            let policy = SweepPolicy(
                auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(86400), throttleWindow: .seconds(900))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(
                try await harness.store.loginAttempt(normalisedName: nil, counters: [account, pair]).counters.keys.map(
                    \.kind) == [.account])
            #expect(try await fail() == [2, 1])
            harness.advance(by: .seconds(1))
            #expect(try await fail() == [1, 2])
            harness.advance(by: .seconds(86400))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(
                try await harness.store.loginAttempt(normalisedName: nil, counters: [account, pair]).counters.isEmpty)
        },
    ]
}
