#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import StoreConformance
    import Synchronization
    import TestConditions
    import Testing

    @testable import LatchkeyPostgres

    /// How a node learns what others have committed.
    @Suite(.endsHang) struct SharedStoreTests {
        /// Keeps what it is told, in the order in which it was told.
        private final class Watchman: StoreObserver {
            struct Told: Sendable {
                var entries: [Int64] = []
                var streams: [Int64] = []
                var checks: [StoreCheck] = []
                /// Looks that were told before an entry that they had.
                var early = 0
            }

            private let told = Mutex(Told())
            var all: Told { told.withLock { $0 } }

            func committed(_ records: [RevocationRecord]) {
                told.withLock { $0.entries += records.map(\.entry.sequence) }
            }
            func streamsChanged(_ streams: Set<Int64>) { told.withLock { $0.streams += streams } }
            func checked(_ check: StoreCheck) {
                told.withLock { told in
                    told.checks.append(check)
                    if check.sequence > (told.entries.last ?? 0) { told.early += 1 }
                }
            }
        }

        @Test(arguments: [true, false])
        func `what was committed before somebody asked is told when the answer comes`(listens: Bool) async throws {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.listens = listens
            let watchman = Watchman()
            let writer = try place.open(settings)
            let reader = try place.open(settings, observer: watchman)
            for _ in 0..<20 {
                let outcome = try await writer.revoke(
                    RevocationOrder(
                        .token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator))
                guard case .revoked(let records, _) = outcome, let entry = records.first?.entry else {
                    Issue.record("nothing was revoked")
                    return
                }
                #expect(await reader.catchUp(within: .seconds(60)))
                #expect(watchman.all.entries.contains(entry.sequence))
                let check = try #require(reader.lastCheck)
                #expect(check.found.sequence >= entry.sequence)
                #expect(check.age >= .zero)
            }
            let told = watchman.all
            #expect(told.entries == Array(1...20))
            #expect(told.early == 0)
            #expect(reader.node.utf8.count == 16 && reader.node != writer.node)
            await writer.shutdown()
            await reader.shutdown()
        }

        @Test func `a thousand who ask at once share a look`() async throws {
            let place = try await PostgresPlace()
            let watchman = Watchman()
            let store = try place.open(observer: watchman)
            _ = await store.catchUp(within: .seconds(60))
            let begun = ContinuousClock.now
            let before = watchman.all.checks.count
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<1000 { group.addTask { await store.catchUp(within: .seconds(60)) } }
                for await isUpToDate in group { #expect(isUpToDate) }
            }
            // Ten a second are asked for, and one a second comes by itself.
            let passed = Int((ContinuousClock.now - begun).wholeMilliseconds / 1000) + 1
            #expect(watchman.all.checks.count - before <= 11 * passed)
            await store.shutdown()
        }

        @Test func `versions of keys and clients are told, and time is the database's`() async throws {
            let place = try await PostgresPlace()
            let (writer, reader) = (try place.open(), try place.open())
            #expect(await reader.catchUp(within: .seconds(60)))
            let before = try #require(reader.lastCheck).found
            _ = try await writer.write { ledger in
                try ledger.keys.raiseVersion()
                try ledger.clients.raiseVersion()
                try ledger.state.beginEpoch("another")
            }
            #expect(await reader.catchUp(within: .seconds(60)))
            let after = try #require(reader.lastCheck).found
            #expect(after.keyVersion == before.keyVersion + 1)
            #expect(after.clientVersion == before.clientVersion + 1)
            #expect(after.epoch == "another")
            #expect(after.at >= before.at)
            await writer.shutdown()
            await reader.shutdown()
        }

        @Test func `a node that was stopped answers at once that it is not up to date`() async throws {
            let place = try await PostgresPlace()
            let store = try place.open()
            await store.shutdown()
            #expect(await !store.catchUp(within: .seconds(600)))
        }

        @Test func `streams that another node has changed are told`() async throws {
            let place = try await PostgresPlace()
            let watchman = Watchman()
            let (writer, reader) = (try place.open(), try place.open(observer: watchman))
            let client = try #require(ClientID("receiver"))
            let now = writer.clock.now()
            try await writer.createClient(
                Client(
                    id: client, kind: .confidential, settings: ClientSettings(defaultsFor: .confidential),
                    createdAt: now),
                secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
            let id = try #require(StreamID(String(repeating: "a", count: 32)))
            let stream = EventStream(
                id: id, client: client, audience: ["https://receiver.example"], status: .enabled, statusReason: nil,
                requested: nil, summary: nil, createdAt: now)
            _ = try await writer.write { try $0.streams.insert(stream, capacity: 10) }
            let number = try #require(try await writer.read { try $0.streams.find(id)?.number })
            try await eventually("the new stream is told") { watchman.all.streams == [number] }
            #expect(await reader.catchUp(within: .seconds(60)))
            let user = User(
                id: .generate(at: now), name: "eve", normalisedName: "eve", roles: [], disabled: false,
                mustChangePassword: false, createdAt: now)
            _ = try await writer.write { try $0.users.insert(user) }
            // It revokes as well; enabling writes an event and nothing else.
            for disabled in [true, false] {
                let before = watchman.all.streams.count
                _ = try await writer.setUserDisabled(user.id, disabled, actor: .operator)
                try await eventually("the event is told") { watchman.all.streams.count > before }
            }
            #expect(Set(watchman.all.streams) == [number])
            await writer.shutdown()
            await reader.shutdown()
        }
    }
#endif
