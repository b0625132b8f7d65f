#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyMigrations
    import LatchkeySQL
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// How nodes enter a cluster and leave it.
    @Suite(.endsHang) struct EnteringTests {
        private func place() async throws -> String { try await PostgresCluster.running().makeDatabase() }

        @Test func `nodes beside each other have one epoch, and a cold start draws another`() async throws {
            let url = try await place()
            let first = try await ClusterNode(url: url)
            let second = try await ClusterNode(url: url)
            #expect(first.list.all.epoch == second.list.all.epoch && !first.list.all.epoch.isEmpty)
            await first.store.shutdown()
            let third = try await ClusterNode(url: url)
            #expect(third.list.all.epoch == second.list.all.epoch, "one of them lives")
            await second.store.shutdown()
            await third.store.shutdown()
            let command = try await ClusterNode(url: url, serves: false)
            #expect(command.list.all.epoch == second.list.all.epoch, "a command begins nothing")
            let fourth = try await ClusterNode(url: url)
            #expect(fourth.list.all.epoch != second.list.all.epoch)
            let nodes = try await fourth.store.nodes()
            #expect(nodes.filter(\.isLiving).map(\.id) == [fourth.store.node])
            #expect(nodes.count == 5 && nodes.first?.id == fourth.store.node)
            #expect(
                nodes.allSatisfy {
                    $0.program == "test" && $0.schema == Migrations.postgres.count && $0.issuer == ClusterNode.issuer
                })
            await command.store.shutdown()
            await fourth.store.shutdown()
        }

        @Test func `of many that start at once one draws the epoch`() async throws {
            let url = try await place()
            let nodes = try await withThrowingTaskGroup(of: ClusterNode.self) { group in
                for _ in 0..<5 { group.addTask { try await ClusterNode(url: url) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(nodes.map(\.list.all.epoch)).count == 1)
            for node in nodes { await node.store.shutdown() }
        }

        @Test func `a node that knew a database makes no tables in an empty one`() async throws {
            let folder = try TemporaryFolder()
            let seen = folder.file("seen")
            let node = try await ClusterNode(url: try await place(), seenFile: seen)
            try await eventually("it keeps what it knows") { try SeenFile(path: seen).read() != nil }
            await node.store.shutdown()
            let other = try await place()
            let refusal = await #expect(throws: StoreUnavailable.self) {
                _ = try await ClusterNode(url: other, seenFile: seen)
            }
            #expect(refusal?.description == HistoryFinding.foreign(.replaced).sentence)
            let connection = try PostgresConnection(PostgresAddress(url: other))
            defer { connection.close() }
            #expect(try connection.integer("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0)
            // An operator may say that the empty one is meant.
            var settings = PostgresStore.Settings(PostgresAddress(url: other))
            settings.seenFile = seen
            let found = try PostgresStore.settle(settings, .restored(keepsSessions: false), epoch: "settled")
            #expect(found == .foreign(.replaced))
        }

        @Test func `another issuer and another master key are refused while a node lives`() async throws {
            let url = try await place()
            let node = try await ClusterNode(url: url)
            await #expect(throws: StoreUnavailable.self) {
                _ = try await ClusterNode(url: url, issuer: "https://b.example")
            }
            let other = MasterKeyRing.generate().fingerprints
            await #expect(throws: StoreUnavailable.self) { _ = try await ClusterNode(url: url, masterKeys: other) }
            #expect(try await node.store.nodes().count == 1)
            await node.store.shutdown()
            let moved = try await ClusterNode(url: url, issuer: "https://b.example")
            await moved.store.shutdown()
        }

        @Test func `the horizon is that of the node whose tokens live longest, also when it has gone`() async throws {
            let url = try await place()
            let (first, second) = (try await ClusterNode(url: url), try await ClusterNode(url: url))
            try await first.store.setTokenHorizon(.seconds(1800), skew: .seconds(60))
            try await second.store.setTokenHorizon(.seconds(300), skew: .seconds(120))
            let state = try await second.store.read { try $0.state.row() }
            #expect(state.stored.tokenHorizon == .seconds(1800) && state.lowering == nil)
            #expect(state.maxSkew == .seconds(120))
            await first.store.shutdown()
            try await second.store.setTokenHorizon(.seconds(300), skew: .seconds(120))
            #expect(try await second.store.revocationState().tokenHorizon == .seconds(1800))
            await second.store.shutdown()
        }

        @Test func `work that one does for all is one node's until its time is up`() async throws {
            let url = try await place()
            let (first, second) = (try await ClusterNode(url: url), try await ClusterNode(url: url))
            #expect(try await first.store.lease(.sweep, for: .seconds(600)))
            #expect(try await !second.store.lease(.sweep, for: .seconds(600)))
            #expect(try await first.store.lease(.sweep, for: .milliseconds(1)))
            try await eventually("the lease is over") { try await second.store.lease(.sweep, for: .seconds(600)) }
            #expect(try await !first.store.lease(.sweep, for: .seconds(600)))
            await first.store.shutdown()
            await second.store.shutdown()
        }

        @Test func `a node whose epoch others have replaced meanwhile takes in the new one`() async throws {
            let url = try await place()
            let sleeper = try await ClusterNode(url: url)
            let epoch = sleeper.list.all.epoch
            // As after a long freeze: the others take it for dead.
            _ = try await sleeper.store.write { ledger in
                guard let ledger = ledger as? SQLLedger else { return }
                try NodeTable(connection: ledger.connection).leave(sleeper.store.node)
                try ledger.state.beginEpoch("theirs")
            }
            try await sleeper.serves(in: epoch)
            #expect(sleeper.epoch == "theirs")
            #expect(await sleeper.refusal() == nil)
            #expect(try await sleeper.events(.storeHistoryChanged).isEmpty)
            await sleeper.store.shutdown()
        }

        @Test func `a file that is none of ours is not taken for what was seen`() async throws {
            let folder = try TemporaryFolder()
            let url = try await place()
            for text in ["", "1 2 3", "1 2 3 4 5 six", "1 2 3 4 5 6 7", String(repeating: "1 ", count: 200)] {
                try text.write(toFile: folder.file("seen"), atomically: true, encoding: .utf8)
                await #expect(throws: StoreUnavailable.self) {
                    _ = try await ClusterNode(url: url, seenFile: folder.file("seen"))
                }
            }
        }
    }
#endif
