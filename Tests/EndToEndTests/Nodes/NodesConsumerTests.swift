#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Pollers of several nodes, as each node shows them.
    @Suite(.endsHang) struct NodesConsumerTests {
        private struct Seen: Hashable {
            let name: String
            let acknowledged: Int64?
        }

        private func consumers(_ node: TestServer) -> Set<Seen> {
            Set(node.services.feed.consumers().map { Seen(name: $0.name, acknowledged: $0.acknowledged) })
        }

        @Test func `every node knows who polled the others, by the most that was acknowledged anywhere`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                for _ in 0..<3 { _ = try await first.loginAndLogout() }
                let list = try await second.list()
                for node in nodes { try await eventually("a node knows all") { try await node.list().sequence == 3 } }
                func poll(_ node: TestServer, _ name: String, after: Int64) async throws {
                    let answer = try await node.http.get(
                        "/revocations?consumer=\(name)&after=\(after)&epoch=\(list.epoch)")
                    #expect(answer.status == 200, "\(answer.text)")
                }
                try await poll(first, "orders", after: 1)
                try await poll(second, "orders", after: 3)
                try await poll(second, "billing", after: 2)
                let expected: Set = [Seen(name: "orders", acknowledged: 3), Seen(name: "billing", acknowledged: 2)]
                for node in nodes { try await eventually("a node knows both") { consumers(node) == expected } }

                // One that leaves is forgotten everywhere, unless it comes back.
                #expect(try await first.http.get("/revocations?consumer=billing&leave=true").status == 204)
                for node in nodes {
                    try await eventually("it has left") { consumers(node).map(\.name) == ["orders"] }
                }
                try await poll(first, "billing", after: 3)
                for node in nodes { try await eventually("it is back") { consumers(node).count == 2 } }
            }
        }
    }
#endif
