#if Postgres
    import LatchkeyCore
    import LatchkeyPostgres
    import LatchkeyTokens
    import StoreConformance
    import TestConditions
    import Testing

    /// Many revocations on several nodes at once: every node's observer is told of each, in order, without a hole.
    struct SequenceByForceTests {
        @Test(arguments: [true, false])
        func `every node publishes every entry, in the order of their numbers`(listens: Bool) async throws {
            let place = try await PostgresPlace()
            let observers = [RecordingObserver(), RecordingObserver(), RecordingObserver()]
            var settings = place.settings
            settings.listens = listens
            settings.connections = 4
            let nodes = try observers.map { try place.open(settings, observer: $0) }
            let each = 60 * PostgresPlace.force
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<9 {
                    let node = nodes[worker % nodes.count]
                    let observer = observers[worker % nodes.count]
                    group.addTask {
                        for _ in 0..<each {
                            let outcome = try await node.revoke(
                                RevocationOrder(
                                    .token(.generate(), session: nil, expiresAt: nil), reason: .admin,
                                    actor: .operator))
                            guard case .revoked(let records, _) = outcome, let record = records.first else {
                                Issue.record("nothing was revoked")
                                return
                            }
                            // What is acknowledged is published here, under the number that was told.
                            let published = observer.records
                            #expect(published.count >= Int(record.entry.sequence))
                            #expect(published[Int(record.entry.sequence) - 1] == record)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let all = 9 * each
            for observer in observers {
                try await eventually("all are told") { observer.records.count == all }
                #expect(observer.records.map(\.entry.sequence) == (1...Int64(all)).map(\.self))
            }
            for node in nodes { await node.shutdown() }
        }
    }
#endif
