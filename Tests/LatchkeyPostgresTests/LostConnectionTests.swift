#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import StoreConformance
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// Connections that are cut, at every byte around what commits, and servers that hang.
    struct LostConnectionTests {
        private struct Bench {
            let place: PostgresPlace
            let proxy: CuttingProxy
            let store: PostgresStore
            let observer = RecordingObserver()

            init(patience: Duration = PostgresConnection.usualPatience) async throws {
                place = try await PostgresPlace()
                proxy = try CuttingProxy(before: place.url)
                var settings = PostgresStore.Settings(PostgresAddress(url: proxy.url))
                settings.connections = 1
                settings.hotConnections = 1
                settings.readers = 1
                settings.patience = patience
                store = try place.open(settings, observer: observer)
            }

            func end() async {
                await store.shutdown()
                proxy.stop()
            }

            /// Does something over and over, each time with the connection that commits cut one byte later, until it is
            /// not cut any more.
            func atEveryByte(_ body: () async throws -> Void) async throws -> Int {
                var cuts = 0
                for direction in CuttingProxy.Direction.allCases {
                    for byte in 0... {
                        proxy.cutNext(direction, after: byte)
                        try await body()
                        guard proxy.disarm() else { break }
                        cuts += 1
                    }
                }
                print("cut at \(cuts) bytes around what commits")
                return cuts
            }
        }

        @Test func `a rotation that is cut off runs again, and nothing acknowledged is lost`() async throws {
            let bench = try await Bench()
            let session = try await RotatingSession(on: bench.store)
            // Nothing is forgiven: a token that were taken for an old one would end the session.
            let strict = RefreshPolicy(reuseWindow: .zero, recoveryLimit: 0, idleLifetime: .seconds(86400))
            var generation: UInt32 = 1
            let cuts = try await bench.atEveryByte {
                let answer = try #require(try await session.rotate(generation, on: bench.store, strict))
                #expect(answer.record.session.lineage.current == generation + 1)
                generation += 1
                let stored = try #require(try await bench.store.session(session.session.id)).session
                #expect(stored.lineage.current == generation && stored.lineage.held == generation - 1)
                #expect(stored.endedAt == nil)
            }
            // The statement has more bytes than the ids in it, and its answer as well.
            #expect(cuts > 200)
            #expect(bench.observer.records.isEmpty)
            await bench.end()
        }

        @Test func `a revocation that is cut off runs again, and is in the list once`() async throws {
            let bench = try await Bench()
            var revoked: [SessionID] = []
            let cuts = try await bench.atEveryByte {
                let session = try await newSession(bench)
                let outcome = try await bench.store.revoke(
                    RevocationOrder(.session(session), reason: .logout, actor: .operator))
                if case .unknownTarget = outcome { Issue.record("the session is gone") }
                revoked.append(session)
                #expect(bench.observer.records.count { $0.entry.target == .session(session) } == 1)
                #expect(try await bench.store.session(session)?.session.endedAt != nil)
            }
            #expect(cuts > 60)
            #expect(bench.observer.records.map(\.entry.target) == revoked.map { .session($0) })
            await bench.end()
        }

        @Test func `a sign-in that is cut off says that it may have happened`() async throws {
            let bench = try await Bench()
            let user = try await RotatingSession(on: bench.store)
            var lost = (happened: 0, not: 0)
            let cuts = try await bench.atEveryByte {
                let beginning = Self.beginning(user, at: bench.store.clock.now())
                do {
                    guard case .settled(.begun(let record, _)) = try await bench.store.beginSession(beginning) else {
                        Issue.record("not begun")
                        return
                    }
                    #expect(record.session.id == beginning.id)
                    #expect(try await bench.store.session(beginning.id) != nil)
                } catch let error as StoreUnavailable {
                    #expect(error.mayHaveHappened)
                    if try await eventualSession(beginning.id, bench) { lost.happened += 1 } else { lost.not += 1 }
                }
            }
            #expect(cuts > 60)
            #expect(lost.happened > 10 && lost.not > 10)
            await bench.end()
        }

        /// Whether it is there, once the server has ended what it was doing for the lost connection.
        private func eventualSession(_ id: SessionID, _ bench: Bench) async throws -> Bool {
            let connection = try PostgresConnection(bench.place.settings.address)
            defer { connection.close() }
            // Alone: whoever was still committing is done.
            try connection.execute(script: "BEGIN")
            try connection.walk("SELECT pg_advisory_xact_lock(?)", [PostgresTransaction.clusterLock]) { _ in .stop }
            defer { try? connection.execute(script: "COMMIT") }
            return try connection.holds("SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?)", [id.bytes])
        }

        private func newSession(_ bench: Bench) async throws -> SessionID {
            // Past the proxy, whose next commit is to be the revocation's.
            let store = try bench.place.open()
            let session = try await RotatingSession(on: store).session.id
            await store.shutdown()
            return session
        }

        private static func beginning(_ session: RotatingSession, at now: Timestamp) -> SessionBeginning {
            SessionBeginning(
                id: .generate(at: now), nonce: session.session.nonce,
                authenticated: Authenticated(
                    user: session.user, credentialVersion: 1, proofs: [Proof(.password, at: now)], admission: nil),
                client: session.session.client, transport: .body, scope: session.session.scope,
                absoluteLifetime: .seconds(3600), deviceName: nil, network: "192.0.2.1", replacing: nil)
        }

        @Test func `a commit that warns is taken for one that may be on one disk only`() async throws {
            let place = try await PostgresPlace()
            let store = try place.open()
            let session = try await RotatingSession(on: store)
            // PostgreSQL warns with this class when a wait for a standby was cancelled; here a trigger does at COMMIT.
            let connection = try PostgresConnection(place.settings.address)
            try connection.execute(
                script: """
                    CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER warning AFTER INSERT OR UPDATE ON sessions
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()
                    """)
            connection.close()
            let beginning = Self.beginning(session, at: store.clock.now())
            do {
                _ = try await store.beginSession(beginning)
                Issue.record("a sign-in in doubt was acknowledged")
            } catch let error as StoreUnavailable {
                #expect(error.mayHaveHappened)
            }
            #expect(try await store.session(beginning.id) != nil)
            // These run again, find it done, and wait for the disks with a commit of their own.
            #expect(try await session.rotate(1, on: store)?.record.session.lineage.current == 2)
            #expect(try await session.lineage(on: store).current == 2)
            let outcome = try await store.revoke(
                RevocationOrder(.session(session.session.id), reason: .logout, actor: .operator))
            if case .unknownTarget = outcome { Issue.record("the session is gone") }
            #expect(try await store.session(session.session.id)?.session.endReason == .logout)
            #expect(
                try await store.revocations(after: 0, limit: 10).map(\.entry.target) == [
                    .session(session.session.id)
                ])
            await store.shutdown()
        }

        @Test func `connections that the server ended are made again, and no caller hears of it`() async throws {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.connections = 2
            settings.hotConnections = 1
            settings.readers = 1
            let store = try place.open(settings)
            let session = try await RotatingSession(on: store)
            let killer = try PostgresConnection(settings.address)
            for generation in UInt32(1)...5 {
                try killer.walk(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()
                    """, []
                ) { _ in .on }
                #expect(try await session.rotate(generation, on: store)?.kind == .rotated)
                #expect(try await session.lineage(on: store).current == generation + 1)
                guard case .settled = try await store.issueForClient(session.session.client) else {
                    Issue.record("not issued")
                    return
                }
                let beginning = Self.beginning(session, at: store.clock.now())
                guard case .settled(.begun) = try await store.beginSession(beginning) else {
                    Issue.record("not begun")
                    return
                }
            }
            killer.close()
            await store.shutdown()
        }

        @Test func `a server that hangs is given up, and asked again when it is back`() async throws {
            let bench = try await Bench(patience: .milliseconds(500))
            let session = try await RotatingSession(on: bench.store)
            #expect(try await session.rotate(1, on: bench.store)?.kind == .rotated)
            bench.proxy.freeze(true)
            await #expect(throws: StoreUnavailable.self) { try await session.rotate(2, on: bench.store) }
            await #expect(throws: StoreUnavailable.self) {
                try await bench.store.revoke(
                    RevocationOrder(.user(session.user.id), reason: .admin, actor: .operator))
            }
            await #expect(throws: StoreUnavailable.self) { try await bench.store.session(session.session.id) }
            bench.proxy.freeze(false)
            try await eventually("the database answers again") {
                do {
                    return try await session.rotate(2, on: bench.store) != nil
                } catch is StoreUnavailable {
                    return false
                }
            }
            try await eventually("readers are back as well") {
                do {
                    return try await session.lineage(on: bench.store).current == 3
                } catch is StoreUnavailable {
                    return false
                }
            }
            await bench.end()
        }
    }
#endif
