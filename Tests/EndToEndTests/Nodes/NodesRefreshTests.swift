#if Postgres
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Refresh tokens at several nodes of one cluster.
    @Suite(.endsHang) struct NodesRefreshTests {
        @Test func `one refresh token at three nodes at once has one successor`() async throws {
            try await withNodes(3) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                var token = try #require(try await nodes[0].login()["refresh_token"])
                for _ in 0..<5 {
                    let presented = token
                    let successors = try await withThrowingTaskGroup(of: String?.self) { group in
                        for number in 0..<12 {
                            group.addTask {
                                let answer = try await nodes[number % 3].refresh(presented)
                                #expect(answer.status == 200, "\(answer.text)")
                                return answer["refresh_token"]
                            }
                        }
                        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
                    }
                    #expect(successors.count == 1)
                    token = try #require(successors.first ?? nil)
                }
            }
        }

        @Test func `a replay at another node ends the session everywhere`() async throws {
            try await withNodes(3) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                let first = try #require(try await nodes[0].login()["refresh_token"])
                let second = try #require(try await nodes[1].refresh(first)["refresh_token"])
                let third = try await nodes[2].refresh(second)
                let newest = try #require(third["refresh_token"])
                let access = try #require(third["access_token"])
                let replay = try await nodes[1].refresh(first)
                #expect(replay["latchkey_reason"] == "replayed")
                for node in nodes {
                    #expect(try await node.refresh(newest)["latchkey_reason"] == "revoked")
                    #expect(try await node.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
                }
            }
        }
    }
#endif
