#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import Synchronization
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    struct HotLaneTests {
        @Test func `one token at two nodes at once has one successor`() async throws {
            let place = try await PostgresPlace()
            let nodes = [try place.open(), try place.open()]
            let session = try await RotatingSession(on: nodes[0])
            for generation in UInt32(1)...20 {
                let kinds = try await withThrowingTaskGroup(of: (RefreshAnswer.Kind, UInt32).self) { group in
                    for worker in 0..<12 {
                        group.addTask {
                            let answer = try #require(try await session.rotate(generation, on: nodes[worker % 2]))
                            return (answer.kind, answer.record.session.lineage.current)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(kinds.allSatisfy { $0.1 == generation + 1 })
                #expect(kinds.count { $0.0 == .rotated } == 1)
            }
            let lineage = try await session.lineage(on: nodes[0])
            #expect(lineage.current == 21 && lineage.held == 20)
            for node in nodes { await node.shutdown() }
        }

        @Test func `a session that somebody has locked holds up no other, and is rotated when it is free`() async throws
        {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.hotConnections = 1
            let store = try place.open(settings)
            let (locked, free) = (try await RotatingSession(on: store), try await RotatingSession(on: store))
            let holder = try PostgresConnection(settings.address)
            try holder.execute(script: "BEGIN")
            try holder.walk("SELECT 1 FROM sessions WHERE id = ? FOR UPDATE", [locked.session.id.bytes]) { _ in .stop }
            async let waiting = locked.rotate(1, on: store)
            for generation in UInt32(1)...10 {
                #expect(try await free.rotate(generation, on: store)?.kind == .rotated)
            }
            try holder.execute(script: "COMMIT")
            holder.close()
            #expect(try await waiting?.kind == .rotated)
            #expect(try await locked.lineage(on: store).current == 2)
            await store.shutdown()
        }

        @Test func `a session that ended since it was judged is not written to`() async throws {
            let place = try await PostgresPlace()
            let store = try place.open()
            let connection = try PostgresConnection(place.settings.address)
            defer { connection.close() }
            let statements = HotStatements(connection: connection, now: nil)
            let sessions = [
                try await RotatingSession(on: store), try await RotatingSession(on: store),
                try await RotatingSession(on: store), try await RotatingSession(on: store),
            ]
            let found = try statements.sessions(sessions.map(\.session.id)).found
            let changes = try sessions.map { rotating in
                let record = try #require(try found[rotating.session.id]?.get())
                var lineage = record.session.lineage
                lineage.held = 1
                lineage.current = 2
                return LineageChange(session: record.session, lineage: lineage)
            }
            // The first one ends, the second one is rotated, the third one's use is noted, and the fourth one gets a name.
            _ = try await store.revoke(
                RevocationOrder(.session(sessions[0].session.id), reason: .logout, actor: .operator))
            _ = try await sessions[1].rotate(1, on: store)
            try connection.run(
                "UPDATE sessions SET rotated_at = rotated_at + 1 WHERE id = ?", [sessions[2].session.id.bytes])
            _ = try await store.renameSession(sessions[3].session.id, of: sessions[3].user.id, to: "Desk")
            #expect(try statements.advance(changes) == [sessions[3].session.id])
            #expect(try await sessions[0].lineage(on: store).current == 1)
            #expect(try await sessions[2].lineage(on: store).current == 1)
            #expect(try await sessions[3].lineage(on: store).current == 2)
            #expect(try await store.session(sessions[3].session.id)?.session.deviceName == "Desk")
            await store.shutdown()
        }

        @Test func `a row that cannot be read fails alone`() async throws {
            let place = try await PostgresPlace()
            var settings = place.settings
            settings.hotConnections = 1
            let store = try place.open(settings)
            var sessions: [RotatingSession] = []
            for _ in 0..<6 { sessions.append(try await RotatingSession(on: store)) }
            let connection = try PostgresConnection(settings.address)
            try connection.run(
                "UPDATE sessions SET scope = 'a\"b' WHERE id = ?", [sessions[3].session.id.bytes])
            connection.close()
            let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
                for (index, session) in sessions.enumerated() {
                    group.addTask {
                        do {
                            return (index, try await session.rotate(1, on: store)?.kind == .rotated)
                        } catch {
                            #expect(error is StoreFault)
                            return (index, false)
                        }
                    }
                }
                return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
            }
            #expect(outcomes == [0: true, 1: true, 2: true, 3: false, 4: true, 5: true])
            await store.shutdown()
        }

        @Test func `client tokens and users' tokens are judged each by its own row`() async throws {
            let place = try await PostgresPlace()
            let store = try place.open()
            let session = try await RotatingSession(on: store)
            let client = session.session.client
            let other = try #require(ClientID("nobody"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        guard case .settled(let issued) = try await store.issueForClient(client) else {
                            Issue.record("not issued")
                            return
                        }
                        #expect(issued.client.id == client && issued.stamp.keyVersion == 1)
                    }
                    group.addTask {
                        guard case .settled = try await store.issueForUser(session.user.id, client: client) else {
                            Issue.record("not issued")
                            return
                        }
                    }
                    group.addTask {
                        await #expect(throws: Refusal(.invalidClient, "")) { try await store.issueForClient(other) }
                        await #expect(throws: Refusal(.notFound, "")) {
                            try await store.issueForUser(session.user.id, client: other)
                        }
                        await #expect(throws: Refusal(.notFound, "")) {
                            try await store.issueForUser(.generate(at: store.clock.now()), client: client)
                        }
                    }
                }
                try await group.waitForAll()
            }
            await store.shutdown()
        }
    }
#endif
