import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    private static let policy = SweepPolicy(
        auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(14 * 86400), throttleWindow: .seconds(900))

    static let upkeepCases: [StoreCase] = [
        StoreCase("the sweep removes unusable rows and leaves live ones") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let other = try await harness.addUser("grace")
            let ended = try await harness.begin(try harness.beginning(user, client))
            let idle = try await harness.begin(try harness.beginning(user, client))
            let orphaned = try await harness.begin(try harness.beginning(other, client))
            let living = try await harness.begin(try harness.beginning(user, client))
            _ = try await harness.store.revoke(
                RevocationOrder(.session(ended.session.id), reason: .logout, actor: .operator))
            harness.advance(by: .seconds(3600))
            #expect(try await harness.sweep(policy, limit: 100) == 1, "the entry alone")
            #expect(try await harness.store.session(ended.session.id) != nil)
            try await harness.store.deleteUser(other.id, actor: .operator)
            harness.advance(by: .seconds(13 * 86400))
            #expect(try await harness.rotate(living, 1).summary == "rotated 2")
            harness.advance(by: .seconds(86400))
            _ = try await harness.sweep(policy, limit: 100)
            for gone in [ended, idle, orphaned] { #expect(try await harness.store.session(gone.session.id) == nil) }
            #expect(try await harness.rotate(living, 2).summary == "rotated 3")
            #expect(try await harness.store.statistics().sessions == 1)
            #expect(try await harness.sweep(policy, limit: 100) == 0)
        },
        StoreCase("the sweep stops at its limit and goes on in the next call") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            for _ in 0..<7 { _ = try await harness.begin(try harness.beginning(user, client)) }
            harness.advance(by: .seconds(15 * 86400))
            #expect(try await harness.sweep(policy, limit: 3) == 3)
            #expect(try await harness.sweep(policy, limit: 3) == 3)
            #expect(try await harness.sweep(policy, limit: 3) == 1)
            #expect(try await harness.store.statistics().sessions == 0)
        },
        StoreCase("a start with a clock that is ahead forgets nothing until all earlier tokens have expired") {
            harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let record = try await harness.begin(try harness.beginning(user, client))
            _ = try await harness.store.revoke(
                RevocationOrder(.session(record.session.id), reason: .logout, actor: .operator))
            // There is no telling it from a long rest.
            harness.advance(by: .seconds(7200))
            try await harness.reopen()
            #expect(try await harness.store.sweep(policy, limit: 10) == 0)
            #expect(try await harness.store.revocations(after: 0, limit: 10).count == 1)
            harness.advance(by: ExpiryClock.settling)
            #expect(try await harness.store.sweep(policy, limit: 10) == 1)
            #expect(try await harness.store.revocations(after: 0, limit: 10).isEmpty)
        },
        StoreCase("commits are counted with their times, and answers that wrote nothing are not") { harness in
            let record = try await harness.signIn()
            let before = try await harness.store.statistics()
            #expect(before.databaseBytes > 0)
            #expect(before.commits.times.sum > .zero)
            #expect(before.commits.times.counts.reduce(0, +) == before.commits.batches)
            _ = try await harness.rotate(record, 1)
            let rotated = try await harness.store.statistics().commits
            #expect(rotated.transactions == before.commits.transactions + 1)
            #expect(rotated.batches == before.commits.batches + 1)
            #expect(rotated.times.sum > before.commits.times.sum)
            _ = try await harness.store.revoke(
                RevocationOrder(.session(record.session.id), reason: .logout, actor: .operator))
            #expect(try await harness.store.statistics().commits.transactions == rotated.transactions + 1)
            _ = try await harness.store.session(record.session.id)
            #expect(try await harness.store.statistics().commits.transactions == rotated.transactions + 1)
        },
        StoreCase("no kind of row keeps the others from being swept") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            for _ in 0..<5 {
                let record = try await harness.begin(try harness.beginning(user, client))
                _ = try await harness.store.revoke(
                    RevocationOrder(.session(record.session.id), reason: .logout, actor: .operator))
            }
            harness.advance(by: .seconds(91 * 86400))
            let before = try await harness.store.statistics()
            #expect(try await harness.store.sweep(policy, limit: 3) >= 6)
            let after = try await harness.store.statistics()
            #expect(before.auditEvents - after.auditEvents == 3, "although three entries went as well")
            #expect(after.sessions == 5, "those are looked at apart")
            let first = try await harness.store.sweepSessions(policy, after: nil, limit: 3)
            #expect(first.removed == 3)
            let next: SessionID = try #require(first.next)
            let second = try await harness.store.sweepSessions(policy, after: next, limit: 3)
            #expect(second.removed == 2)
            #expect(second.next == nil)
        },
        StoreCase("audit events are kept for their time and listed by what they are about") { harness in
            let record = try await harness.signIn()
            let all = try await harness.store.auditEvents(AuditFilter(), page: PageRequest())
            #expect(all.items.map(\.kind) == [.loginSucceeded, .clientCreated, .userCreated])
            let mine = try await harness.store.auditEvents(
                AuditFilter(session: record.session.id), page: PageRequest())
            #expect(mine.items.map(\.kind) == [.loginSucceeded])
            let client = try await harness.store.auditEvents(AuditFilter(client: record.client.id), page: PageRequest())
            #expect(client.items.count == 2)
            let user = try await harness.store.auditEvents(
                AuditFilter(user: record.user.id, kind: .userCreated), page: PageRequest(limit: 1))
            #expect(user.items.count == 1)
            harness.advance(by: .seconds(90 * 86400))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(try await harness.store.statistics().auditEvents == 0)
        },
        StoreCase("events keep the names of their time, and names that were given up are found and swept") { harness in
            let record = try await harness.signIn()
            let ada = record.user.id
            _ = try await harness.store.updateUser(
                ada, UserChange(name: "Eve", normalisedName: "eve"), actor: .user(ada))
            try await harness.store.deleteUser(ada, actor: .user(ada))
            let other = try await harness.addUser("ada")
            let events = try await harness.store.auditEvents(AuditFilter(user: ada), page: PageRequest()).items
            #expect(
                events.map(\.kind) == [.userDeleted, .revoked, .userUpdated, .loginSucceeded, .userCreated])
            #expect(events.map(\.userName) == ["Eve", "Eve", "Eve", "ada", "ada"])
            #expect(events.map(\.actorName) == ["Eve", "Eve", "Eve", "ada", nil])
            #expect(try await harness.store.users(everNamed: "ada") == [other.id, ada])
            #expect(try await harness.store.users(everNamed: "eve") == [ada])
            #expect(try await harness.store.users(everNamed: "nobody").isEmpty)
            harness.advance(by: .seconds(90 * 86400))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(try await harness.store.users(everNamed: "ada") == [other.id])
            #expect(try await harness.store.users(everNamed: "eve").isEmpty)
        },
        StoreCase("lists begin where they are asked to") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            var begun: [SessionRecord] = []
            for _ in 0..<4 {
                begun.append(try await harness.begin(try harness.beginning(user, client)))
                harness.advance(by: .seconds(3000))
            }
            let since = begun[2].session.createdAt
            let sessions = try await harness.store.sessions(SessionFilter(since: since), page: PageRequest())
            #expect(sessions.items.map(\.session.id) == [begun[3].session.id, begun[2].session.id])
            let events = try await harness.store.auditEvents(
                AuditFilter(kind: .loginSucceeded, since: since), page: PageRequest())
            #expect(events.items.map(\.session) == [begun[3].session.id, begun[2].session.id])
            #expect(events.nextCursor == nil && sessions.nextCursor == nil)
        },
        StoreCase("the event that ended a session is the first one that did") { harness in
            let record = try await harness.signIn()
            let event = {
                try await harness.store.watermarkEvent(
                    user: record.user.id, client: record.client.id, begunAt: record.session.createdAt, allEndedAt: nil)
            }
            harness.advance(by: .seconds(5))
            let others: [RevocationTarget] = [
                .all(sessions: false), .token(.generate(), session: nil, expiresAt: nil),
                .user(try await harness.addUser("eve").id), .client(try await harness.addClient("other").id),
            ]
            for target in others {
                _ = try await harness.store.revoke(RevocationOrder(target, reason: .admin, actor: .operator))
                harness.advance(by: .seconds(2))
            }
            #expect(try await event() == nil)
            for (target, note) in [(RevocationTarget.user(record.user.id), "first"), (.all(sessions: true), "second")] {
                _ = try await harness.store.revoke(
                    RevocationOrder(target, reason: .admin, note: note, actor: .user(record.user.id)))
                harness.advance(by: .seconds(2))
            }
            let found = try #require(try await event())
            #expect(found.details["note"] == "first" && found.details["seq"] == "5")
            #expect(found.actorName == "ada")
        },
        StoreCase("details and text come back as they were written") { harness in
            let details = ["reason": "line\nbreak \"quoted\" \\ \u{1F511}", "": "empty name"]
            let event = AuditEvent(.tokenMinted, at: harness.now, actor: .operator, network: "::/64", details: details)
            try await harness.store.appendAudit(event)
            try await harness.store.appendAudit(event)
            let read = try await harness.events(.tokenMinted)
            #expect(read.map(\.details) == [details, details], "only repeated failures fold")
        },
        StoreCase("after shutdown every call says that the store is gone") { harness in
            await harness.store.shutdown()
            await #expect(throws: StoreUnavailable.self) { try await harness.store.checkWritable() }
            await #expect(throws: StoreUnavailable.self) { _ = try await harness.store.clientsVersion() }
            try await harness.reopen()
            try await harness.store.checkWritable()
        },
        StoreCase("an expired session can be revoked for as long as a token of it may be accepted") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let record = try await harness.begin(
                try harness.beginning(user, client, absoluteLifetime: .seconds(60)))
            let forgotten = try await harness.begin(
                try harness.beginning(user, client, absoluteLifetime: .seconds(60)))
            harness.advance(by: .seconds(60 + 300 + 119))
            #expect(try await harness.rotate(record, 1).refusal == .expired)
            #expect(try await harness.sweep(policy, limit: 100) == 0)
            let order = RevocationOrder(.session(record.session.id), reason: .admin, actor: .operator)
            guard case .revoked(let records, endedSessions: 1) = try await harness.store.revoke(order) else {
                throw UnexpectedAnswer("not revoked")
            }
            #expect(records.map(\.entry.target) == [.session(record.session.id)])
            harness.advance(by: .seconds(1))
            _ = try await harness.sweep(policy, limit: 100)
            #expect(try await harness.store.session(forgotten.session.id) == nil)
        },
        StoreCase("an idle session stays for as long as a token of it may be accepted") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .seconds(14 * 86400 + 300 + 119))
            #expect(try await harness.sweep(policy, limit: 100) == 0)
            harness.advance(by: .seconds(1))
            #expect(try await harness.sweep(policy, limit: 100) == 1)
            #expect(try await harness.store.session(record.session.id) == nil)
        },
    ]
}
