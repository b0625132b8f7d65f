#if Postgres
    import LatchkeyTokens
    import LatchkeyVerifier
    import TestConditions
    import TestSupport
    import Testing

    /// Signing keys of several nodes.
    @Suite(.endsHang) struct NodesKeyTests {
        private func keys(_ node: TestServer) async throws -> Set<String> {
            Set(try await node.publishedKeys().map(\.kid))
        }

        @Test func `after an emergency at one node the other publishes the new keys and signs with them`() async throws
        {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                #expect(try await keys(first) == keys(second))
                let old = try #require(try await second.login()["access_token"])
                let answer = try await first.overSocket.post("/api/v1/admin/keys/rotate", json: ["emergency": true])
                #expect(answer.status == 200, "\(answer.text)")
                let fresh = try await keys(first)
                // A stolen key signs nothing that another node believes, whatever its key set says.
                try await eventually("the old token is refused") {
                    try await second.http.authorised("GET", "/api/v1/me", bearer: old).status == 401
                }
                try await eventually("the key set follows") { try await keys(second) == fresh }
                try await eventually("the second of the emergency is over") { try await first.login().status == 200 }
                let token = try #require(try await first.login()["access_token"])
                try await withVerifier(second.http) { verifier in
                    #expect(await verifier.waitUntilReady(for: .seconds(600)))
                    #expect(throws: Never.self) { try verifier.verifyNow(token) }
                    #expect(throws: VerificationError.self) { try verifier.verifyNow(old) }
                }
                let other = try #require(try await second.login()["access_token"])
                #expect(fresh.contains(try PollingReader.keyID(other)))
            }
        }

        @Test func `a client's algorithm has keys at every node`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient("eddsa", algorithm: .edDSA)
                let token = try #require(try await second.login(client: "eddsa")["access_token"])
                #expect(try PollingReader.algorithm(token) == "EdDSA")
                #expect(try await keys(second) == keys(first))
            }
        }
    }
#endif
