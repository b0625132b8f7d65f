#if Postgres
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Token Status Lists of several nodes: each gives places in its own, all serve all.
    @Suite(.endsHang) struct NodesStatusListTests {
        private static let enabled = ["status_list.enabled": "true"]

        @Test func `a token's status is the same at every node, before and after it is revoked at another`()
            async throws
        {
            try await withNodes(2, Self.enabled) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                var lists: [Set<String>] = [[], []]
                for round in 0..<6 {
                    let (own, other) = (nodes[round % 2], nodes[(round + 1) % 2])
                    let token = try #require(try await own.login()["access_token"])
                    let uri = try #require(try StatusReader.reference(token)).uri
                    lists[round % 2].insert(uri)
                    #expect(try await !StatusReader(http: other.http).isInvalid(token))
                    #expect(try await !StatusReader(http: own.http).isInvalid(token))
                    // Revoked where its list is not.
                    #expect(try await other.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
                    for node in nodes {
                        try await eventually("a node says so") {
                            try await StatusReader(http: node.http).isInvalid(token)
                        }
                    }
                }
                #expect(lists[0].isDisjoint(with: lists[1]), "a list belongs to one node")
                for node in nodes {
                    let answer = try await node.http.get("/statuslists").json.object?["status_lists"]?.strings
                    #expect(Set(answer ?? []) == lists[0].union(lists[1]))
                }
            }
        }

        @Test func `a node that starts later serves what others wrote, and unknown lists are 404`() async throws {
            let database = try await PostgresCluster.running().makeDatabase()
            try await withNodes(1, Self.enabled, database: database) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                let kept = try #require(try await nodes[0].login()["access_token"])
                let revoked = try #require(try await nodes[0].login()["access_token"])
                #expect(try await nodes[0].http.authorised("POST", "/api/v1/logout", bearer: revoked).status == 204)
                try await withAnotherNode(
                    beside: nodes[0], Self.enabled, database: database
                ) { node async throws in
                    #expect(try await !StatusReader(http: node.http).isInvalid(kept))
                    #expect(try await StatusReader(http: node.http).isInvalid(revoked))
                    #expect(try await node.http.get("/statuslists/1").status == 404)
                    #expect(try await node.http.get("/statuslists/999999999999999").status == 404)
                }
            }
        }
    }
#endif
