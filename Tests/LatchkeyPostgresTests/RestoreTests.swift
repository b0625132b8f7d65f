#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// A database that went back in time, or stands elsewhere.
    @Suite(.endsHang) struct RestoreTests {
        @Test func `no node serves from a restored base backup before an operator has settled it`() async throws {
            let folder = try TemporaryFolder()
            let seen = folder.file("seen")
            let server = try await PostgresServer.make()
            let node = try await ClusterNode([server], seenFile: seen)
            let (user, session) = try await node.signIn("ada")
            let backup = try await server.backup()
            try await node.revoke(.session(session))
            let epoch = node.list.all.epoch
            try await eventually("it keeps what it knows") {
                (try? SeenFile(path: seen).read())?.state.sequence == 1
            }
            try await server.stop()
            try await server.restore(backup)
            try await server.start()

            // A node that ran the whole time, one that was stopped, and one that knows nothing.
            let sentence = HistoryFinding.foreign(.rewound).sentence
            try await eventually("the node refuses") { await node.refusal() == sentence }
            #expect(await !node.store.catchUp(within: .milliseconds(500)))
            let refusal = await #expect(throws: StoreUnavailable.self) {
                _ = try await ClusterNode([server], seenFile: seen)
            }
            #expect(refusal?.description == sentence)
            #expect(try await server.query("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == "1")
            #expect(try await server.query("SELECT last_seq FROM revocation_state") == "0")

            var settings = PostgresStore.Settings(
                PostgresAddress(url: "host=\(server.host) user=latchkey dbname=test"))
            settings.seenFile = seen
            let found = try PostgresStore.settle(settings, .restored(keepsSessions: false), epoch: "settled")
            #expect(found == .foreign(.rewound))
            // The running node waits for whoever does what the settlement asks for.
            try await eventually("the node says what it waits for") {
                let why = await node.refusal()
                return why != nil && why != sentence
            }
            let finishing = try await ClusterNode([server], seenFile: seen)
            #expect(try await finishing.store.pendingSettlement() == .restored)
            _ = try await finishing.store.revoke(
                RevocationOrder(.all(sessions: true), reason: .restored, actor: .operator))
            try await finishing.store.clearSettlement(event: nil)
            try await node.serves(in: epoch)
            try await eventually("it writes again") { await node.refusal() == nil }
            #expect(try await node.isEnded(session))
            try await eventually("what the node remembered came back") {
                node.list.targets.contains(.session(session))
            }
            #expect(try await node.store.user(.id(user)) != nil)
            await finishing.store.shutdown()
            await node.store.shutdown()
        }

        @Test func `what is not written down is not settled`() async throws {
            let place = try await PostgresPlace()
            await (try place.open()).shutdown()
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            let identity = DatabaseIdentity(system: 1, timeline: 1, database: 1)
            let history = HistoryRow(connection: connection)
            try history.fork(to: identity, second: 1)
            try history.noteSettled()
            try connection.execute(script: "DELETE FROM history")
            #expect(throws: StoreFault.self) { try history.fork(to: identity, second: 1) }
            #expect(throws: StoreFault.self) { try history.noteSettled() }
        }

        @Test func `a database that was copied to another server is refused until somebody says that it moved`()
            async throws
        {
            let (old, new) = (try await PostgresServer.make(), try await PostgresServer.make())
            let node = try await ClusterNode([old])
            let epoch = try await node.store.revocationState().epoch
            await node.store.shutdown()
            try await new.take(from: old)
            let refusal = await #expect(throws: StoreUnavailable.self) { _ = try await ClusterNode([new]) }
            #expect(refusal?.description == HistoryFinding.foreign(.copied).sentence)
            #expect(try await new.query("SELECT epoch FROM revocation_state") == epoch)
            let settings = PostgresStore.Settings(PostgresAddress(url: "host=\(new.host) user=latchkey dbname=test"))
            #expect(try PostgresStore.settle(settings, .moved, epoch: "moved") == .foreign(.copied))
            let moved = try await ClusterNode([new])
            #expect(try await moved.store.pendingSettlement() == nil)
            let event = try #require(try await moved.events(.storeHistoryChanged).first)
            #expect(event.details["server"] == "another")
            await moved.store.shutdown()
        }
    }
#endif
