#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// A real standby that is promoted, and what the nodes make of it.
    @Suite(.endsHang) struct FailoverTests {
        /// The primary dies, and the standby, which has what it had when it was stopped, takes its place.
        private func failOver(from primary: PostgresServer, to standby: PostgresServer) async throws {
            try await primary.crash()
            try await standby.start()
            try await standby.promote()
        }

        @Test func `what a promoted standby lacks comes back in a new epoch, and nothing else is revoked`() async throws
        {
            let primary = try await PostgresServer.make()
            let setUp = try await ClusterNode([primary])
            let revoked = try await setUp.signIn("ended")
            let disabled = try await setUp.signIn("disabled")
            let changed = try await setUp.signIn("changed")
            let deleted = try await setUp.signIn("deleted")
            let untouched = try await setUp.signIn("untouched")
            let early = try await setUp.signIn("early")
            try await setUp.revoke(.session(early.session))
            let client = try #require(ClientID("gone"))
            try await setUp.store.createClient(
                Client(
                    id: client, kind: .public, settings: ClientSettings(defaultsFor: .public),
                    createdAt: setUp.store.clock.now()),
                secret: nil, event: AuditEvent(.clientCreated, at: setUp.store.clock.now(), actor: .operator))
            await setUp.store.shutdown()

            let standby = try await primary.makeStandby()
            let nodes = [
                try await ClusterNode([primary, standby]), try await ClusterNode([primary, standby], listens: false),
            ]
            let epoch = nodes[0].list.all.epoch
            #expect(nodes[1].list.all.epoch == epoch, "the second node joins")
            try await primary.catchUp(standby)
            try await standby.stop()

            let token = TokenID.generate()
            try await nodes[0].revoke(.session(revoked.session))
            _ = try await nodes[1].store.setUserDisabled(disabled.user, true, actor: .operator)
            _ = try await nodes[0].store.setPassword(
                changed.user, hash: "new", ifVersion: 1, mustChange: false, actor: .operator)
            try await nodes[1].store.deleteUser(deleted.user, actor: .operator)
            _ = try await nodes[0].store.setClientDisabled(client, true, actor: .operator)
            try await nodes[1].revoke(.token(token, session: nil, expiresAt: .wallClock + .seconds(600)))
            // Born after the fork and revoked: its row is lost, and its tokens are still about.
            let lost = try await nodes[0].signIn("lost")
            try await nodes[0].revoke(.session(lost.session))
            for node in nodes { #expect(await node.store.catchUp(within: .seconds(60))) }
            let before = nodes[0].list.targets
            let keys = try await nodes[0].store.keyTable(includingGone: true).version

            try await failOver(from: primary, to: standby)
            for node in nodes { try await node.serves(in: epoch) }
            #expect(nodes[0].epoch == nodes[1].epoch)

            for node in nodes {
                #expect(await node.store.catchUp(within: .seconds(60)))
                let subjects = Set(node.list.targets.map { "\($0.kind) \($0.id ?? "")" })
                for target in before { #expect(subjects.contains("\(target.kind) \(target.id ?? "")"), "\(target)") }
                #expect(node.list.isInOrder)
                #expect(node.list.all.restarts == 2)
                #expect(try await node.isEnded(revoked.session))
                #expect(try await node.isEnded(disabled.session))
                #expect(try await node.isEnded(changed.session))
                #expect(try await node.isEnded(deleted.session))
                #expect(try await node.isEnded(early.session))
                #expect(try await !node.isEnded(untouched.session))
                #expect(try await node.store.user(.id(disabled.user))?.disabled == true)
                #expect(try await node.store.user(.id(deleted.user))?.disabled == true)
                #expect(try await node.store.user(.id(changed.user))?.disabled == false)
                #expect(try await node.store.client(client)?.disabled == true)
                #expect(try await node.store.keyTable(includingGone: true).version > keys)
            }
            let events = try await nodes[1].events(.storeHistoryChanged)
            #expect(events.count == 1)
            let event = try #require(events.first)
            #expect(event.details["from"] == "1" && event.details["to"] == "2")
            #expect(event.details["returned"] == "7")
            #expect(event.details["passwords"] == "1")
            #expect(event.details["passwords_of"] == changed.user.description)
            #expect(event.details["deleted_of"] == deleted.user.description)
            // Both go on, and hear of each other.
            let entry = try #require(try await nodes[0].revoke(.session(untouched.session)))
            #expect(await nodes[1].store.catchUp(within: .seconds(60)))
            #expect(nodes[1].list.targets.contains(entry.target))

            // The old primary comes back, and stands before the new one in the address.
            try await primary.start()
            _ = try await standby.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'latchkey'")
            for node in nodes {
                try await eventually("a node writes to the new primary") { await node.refusal() == nil }
                #expect(try await node.isEnded(untouched.session))
                #expect(node.store.figures.refusedConnections > 0)
            }
            #expect(try await primary.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL") != "0")
            for node in nodes { await node.store.shutdown() }
        }

        @Test func `a node that was not there takes the promotion as a cold start, and an old primary not at all`()
            async throws
        {
            let folder = try TemporaryFolder()
            let primary = try await PostgresServer.make()
            let standby: PostgresServer
            do {
                let node = try await ClusterNode([primary])
                _ = try await node.signIn("ada")
                // Before the standby is made, which otherwise may take it for a node that lives.
                await node.store.shutdown()
                standby = try await primary.makeStandby()
            }
            try await primary.crash()
            try await standby.promote()
            let seen = folder.file("seen")
            let node = try await ClusterNode([standby], seenFile: seen)
            let event = try #require(try await node.events(.storeHistoryChanged).first)
            #expect(event.details["from"] == "1" && event.details["to"] == "2" && event.details["returned"] == "0")
            try await eventually("it keeps what it knows") {
                (try? SeenFile(path: seen).read())?.state.identity.timeline == 2
            }
            await node.store.shutdown()
            try await primary.start()
            let refusal = await #expect(throws: StoreUnavailable.self) {
                _ = try await ClusterNode([primary], seenFile: seen)
            }
            #expect(refusal?.description == HistoryFinding.older.sentence)
            let again = try await ClusterNode([primary, standby], seenFile: seen)
            #expect(try await again.store.revocationState().epoch != node.list.all.epoch, "a cold start")
            await again.store.shutdown()
        }

        @Test func `a synchronous standby that is promoted lacks nothing`() async throws {
            let primary = try await PostgresServer.make()
            let node: ClusterNode
            do {
                let first = try await ClusterNode([primary])
                _ = try await first.signIn("ada")
                await first.store.shutdown()
            }
            let standby = try await primary.makeStandby()
            _ = try await primary.query("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
            _ = try await primary.query("SELECT pg_reload_conf()")
            try await eventually("the standby is synchronous") {
                try await primary.query("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'") == "1"
            }
            node = try await ClusterNode([primary, standby])
            let epoch = node.list.all.epoch
            var sessions: [SessionID] = []
            for number in 0..<20 {
                let session = try await node.signIn("user\(number)").session
                try await node.revoke(.session(session))
                sessions.append(session)
            }
            try await primary.crash()
            try await standby.promote()
            try await node.serves(in: epoch)
            for session in sessions { #expect(try await node.isEnded(session)) }
            let event = try #require(try await node.events(.storeHistoryChanged).first)
            #expect(event.details["returned"] == "0" && event.details["lost_seconds"] == "0")
            #expect(node.list.all.records.count == 20)
            await node.store.shutdown()
        }

        @Test func `what was acknowledged is there after PostgreSQL has crashed under load, in the same epoch`()
            async throws
        {
            let server = try await PostgresServer.make()
            let nodes = [try await ClusterNode([server]), try await ClusterNode([server])]
            let epoch = nodes[0].list.all.epoch
            let hasRestarted = Flag()
            let acknowledged = try await withThrowingTaskGroup(of: Set<TokenID>.self) { group in
                for worker in 0..<6 {
                    group.addTask {
                        var tokens: Set<TokenID> = []
                        // After the crash, too. It need not have seen one refused: what was in doubt runs again.
                        var left = 50
                        while left > 0 {
                            if hasRestarted.isUp { left -= 1 }
                            let token = TokenID.generate()
                            do {
                                try await nodes[worker % 2].revoke(
                                    .token(token, session: nil, expiresAt: .wallClock + .seconds(600)))
                                tokens.insert(token)
                            } catch is StoreUnavailable {
                                try await Task.sleep(for: .milliseconds(20))
                            }
                        }
                        return tokens
                    }
                }
                try await Task.sleep(for: .milliseconds(200))
                try await server.crash()
                try await server.start()
                hasRestarted.raise()
                return try await group.reduce(into: Set<TokenID>()) { $0.formUnion($1) }
            }
            for node in nodes {
                try await eventually("a node looks again") { await node.store.catchUp(within: .seconds(5)) }
                let published = Set(
                    node.list.targets.compactMap { if case .token(let id) = $0 { id } else { nil } })
                #expect(acknowledged.isSubset(of: published))
                #expect(node.epoch == epoch && node.list.all.restarts == 1)
                #expect(
                    node.list.all.records.map(\.entry.sequence) == (1...Int64(node.list.all.records.count)).map(\.self))
            }
            for node in nodes { await node.store.shutdown() }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)
        var isUp: Bool { value.load(ordering: .acquiring) }
        func raise() { value.store(true, ordering: .releasing) }
    }
#endif
