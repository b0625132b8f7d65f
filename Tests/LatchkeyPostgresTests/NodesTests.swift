#if Postgres
    import TestSupport
    import Testing

    @Suite struct NodesTests {
        @Test func `a token of one node is refreshed by another, with one successor`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                let signIn = try await first.login()
                #expect(signIn.status == 200)
                let token = try #require(signIn["refresh_token"])
                let refreshed = try await second.refresh(token)
                #expect(refreshed.status == 200)
                let successor = try #require(refreshed["refresh_token"])
                #expect(try await first.refresh(token)["refresh_token"] == successor)
            }
        }
    }
#endif
