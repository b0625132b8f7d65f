#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import StoreConformance
    import TestConditions
    import Testing

    @testable import LatchkeyPostgres

    /// Rules of one root at once, on two nodes: what they come to is what some order of them gives.
    struct ConcurrencyTests {
        @Test func `rules of one session run one after the other, and none is lost`() async throws {
            let place = try await PostgresPlace()
            let nodes = [try place.open(), try place.open()]
            let id = try await Self.session(nodes[0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<40 {
                    group.addTask {
                        _ = try await nodes[worker % 2].write(.session(id)) { ledger in
                            guard let record = try ledger.sessions.find(id) else { return }
                            var lineage = record.session.lineage
                            lineage.held = lineage.current
                            lineage.current += 1
                            try ledger.sessions.advance(record.session, to: lineage)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let lineage = try #require(try await nodes[1].session(id)).session.lineage
            #expect(lineage.current == 41 && lineage.held == 40)
            for node in nodes { await node.shutdown() }
        }

        @Test func `a session that two nodes revoke at once is revoked once`() async throws {
            let place = try await PostgresPlace()
            let nodes = [try place.open(), try place.open()]
            for _ in 0..<10 {
                let id = try await Self.session(nodes[0])
                async let one = nodes[0].revoke(RevocationOrder(.session(id), reason: .logout, actor: .operator))
                async let other = nodes[1].revoke(RevocationOrder(.session(id), reason: .admin, actor: .operator))
                let outcomes = [try await one, try await other]
                let revoked = outcomes.filter { if case .revoked = $0 { true } else { false } }
                #expect(revoked.count == 1)
                // Nobody is told that nothing is left to do before a list has it.
                for node in nodes {
                    let entries = try await node.revocations(after: 0, limit: 1000)
                    #expect(entries.contains { $0.entry.target == .session(id) })
                }
            }
            for node in nodes { await node.shutdown() }
        }

        @Test func `a rule that throws changes nothing, and the connection goes on`() async throws {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.connections = 1
            let store = try place.open(settings)
            let id = try await Self.session(store)
            for _ in 0..<3 {
                await #expect(throws: Refusal.self) {
                    try await store.write(.session(id)) { ledger in
                        try ledger.sessions.end(id, at: ledger.instant, reason: .admin)
                        throw Refusal(.conflict, "no")
                    }
                }
                // A statement that fails takes the whole transaction with it.
                await #expect(throws: StoreFault.self) {
                    try await store.write(.rows) { ledger in
                        let now = ledger.instant
                        let user = User(
                            id: .generate(at: now), name: "", normalisedName: "x", roles: [], disabled: false,
                            mustChangePassword: false, createdAt: now)
                        try ledger.sessions.end(id, at: now, reason: .admin)
                        _ = try ledger.users.insert(user)
                    }
                }
            }
            #expect(try await store.session(id)?.session.endedAt == nil)
            await store.shutdown()
        }

        static func session(_ store: PostgresStore) async throws -> SessionID {
            let now = store.clock.now()
            let client = try #require(ClientID("race"))
            if try await store.client(client) == nil {
                try await store.createClient(
                    Client(id: client, kind: .public, settings: ClientSettings(defaultsFor: .public), createdAt: now),
                    secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
            }
            let user = UserID.generate(at: now)
            let session = SessionID.generate(at: now)
            _ = try await store.write { ledger in
                _ = try ledger.users.insert(
                    User(
                        id: user, name: "u\(user)", normalisedName: "u\(user)", roles: [], disabled: false,
                        mustChangePassword: false, createdAt: now))
                try ledger.sessions.insert(
                    Session(
                        id: session, user: user, client: client, transport: .body, scope: Scope(),
                        nonce: [UInt8](repeating: 1, count: 16), createdAt: now, expiresAt: now + .seconds(86400),
                        authenticationMethods: ["pwd"], deviceName: nil, network: "192.0.2.1",
                        lineage: .begun(at: now, from: "192.0.2.1")))
            }
            return session
        }
    }
#endif
