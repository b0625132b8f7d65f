#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Streams of security events that several nodes write to and serve.
    @Suite(.endsHang) struct NodesStreamTests {
        /// The same stream, as it is served by another node.
        private func at(_ node: TestServer, _ receiver: Receiver) -> Receiver {
            Receiver(http: node.http, token: receiver.token, stream: receiver.stream)
        }

        /// Polls until something comes: a poll may end without, when the stream itself was changed.
        private func waiting(_ receiver: Receiver) async throws -> [ReceivedEvent] {
            while true {
                let events = try Receiver.events(of: try await receiver.poll("{}"))
                if !events.isEmpty { return events }
            }
        }

        @Test(arguments: [true, false])
        func `a poll that one node holds ends with what another one wrote`(listens: Bool) async throws {
            try await withNodes(2, Receiver.switchedOn.merging(["postgres.listen": "\(listens)"]) { $1 }) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                let receiver = at(second, try await Receiver(first))
                for _ in 0..<3 {
                    async let held = waiting(receiver)
                    try await second.holdsPolls(1)
                    let sid = try await first.loginAndLogout()
                    let events = try await held
                    #expect(events.map(\.session) == [sid])
                    #expect(try await receiver.events(ack: events.map(\.id)).isEmpty)
                }
                // A verification writes no entry of the revocation log.
                async let held = waiting(receiver)
                try await second.holdsPolls(1)
                let verified = try await at(first, receiver).send(
                    "POST", "/ssf/verify", "{\"stream_id\":\"\(receiver.stream)\",\"state\":\"x\"}")
                #expect(verified.status == 204, "\(verified.text)")
                #expect(try await held.map(\.kind) == ["verification"])
            }
        }

        @Test func `events of two nodes have numbers without a hole, and none appears behind a later one`() async throws
        {
            try await withNodes(2, Receiver.switchedOn) { nodes in
                try await nodes[0].addClient()
                for number in 0..<8 { try await nodes[0].addUser("u\(number)") }
                let receiver = try await Receiver(nodes[0])
                let store = nodes[1].services.store
                let client = try #require(ClientID("receiver"))
                let number = try #require(try await store.stream(of: client)).number
                let perWriter = 10
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 {
                        group.addTask {
                            for turn in 0..<perWriter {
                                let node = nodes[(writer + turn) % 2]
                                if turn % 3 == 2 {
                                    // By time, so that the clock's row is held as well.
                                    let user = try await node.services.store.user(.name(normalised: "u\(writer)"))
                                    _ = try await node.services.store.revoke(
                                        RevocationOrder(
                                            .user(try #require(user).id), reason: .admin, actor: .operator))
                                } else {
                                    // Within the second of a revocation by time nobody may sign in.
                                    try await eventually("a sign-in is possible") {
                                        try await node.login("u\(writer)").status == 200
                                    }
                                    _ = try await node.loginAndLogout("u\(writer)")
                                }
                            }
                        }
                    }
                    group.addTask {
                        var last: Int64 = 0
                        try await eventually("all events are there") {
                            let events = try await store.pendingEvents(number, limit: 10_000).map(\.sequence)
                            #expect(events == Array(1...Int64(max(events.count, 1))).prefix(events.count).map { $0 })
                            #expect((events.last ?? 0) >= last)
                            last = events.last ?? 0
                            return try await store.stream(of: client)?.pending == events.count
                                && events.count >= 8 * perWriter - 8 * (perWriter / 3)
                        }
                    }
                    try await group.waitForAll()
                }
                let numbers = try await store.pendingEvents(number, limit: 10_000).map(\.sequence)
                #expect(numbers == Array(1...Int64(numbers.count)))
                let all = try await receiver.events()
                #expect(Set(all.map(\.id)).count == all.count && all.count >= 50)
            }
        }
    }
#endif
