#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens
    import LatchkeyVerifier
    import TestConditions
    import TestSupport
    import Testing

    /// What one node revokes, the others refuse.
    @Suite(.endsHang) struct NodesRevocationTests {
        private static func introspects(_ token: String, _ node: TestServer, secret: String) async throws -> Bool? {
            let answer = try await node.http.post(
                "/oauth2/introspect", form: [("token", token)],
                headers: [("Authorization", "Basic " + Data("service:\(secret)".utf8).base64EncodedString())])
            #expect(answer.status == 200, "\(answer.text)")
            return answer.json.object?["active"]?.bool
        }

        /// A node that hears by LISTEN, and one that has to look.
        @Test(arguments: [true, false])
        func `a logout at one node is known at the other, and to its pollers`(listens: Bool) async throws {
            try await withNodes(2, ["postgres.listen": "\(listens)"]) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient(audiences: ["orders"])
                let secret = try await first.addConfidentialClient(audiences: ["orders"])
                try await withVerifier(
                    second.http,
                    {
                        $0.audience = "orders"
                        $0.polling = .longPoll(wait: .seconds(30))
                    }
                ) { verifier in
                    #expect(await verifier.waitUntilReady(for: .seconds(600)))
                    for _ in 0..<10 {
                        let token = try #require(try await first.login()["access_token"])
                        try await eventually("the key is known") {
                            (try? verifier.verifyNow(token)) != nil
                        }
                        #expect(try await Self.introspects(token, second, secret: secret) == true)
                        #expect(try await first.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
                        // By the session's row, which every node reads.
                        #expect(try await Self.introspects(token, second, secret: secret) == false)
                        #expect(try await second.http.authorised("GET", "/api/v1/me", bearer: token).status == 401)
                        try await eventually("the verifier refuses") {
                            (try? verifier.verifyNow(token)) == nil
                        }
                        #expect(throws: VerificationError.revoked) { try verifier.verifyNow(token) }
                    }
                }
                try await eventually("its last poll has ended") { second.services.feed.waiting == 0 }
            }
        }

        @Test func `a single token that one node revoked is refused by the other`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                let secret = try await first.addConfidentialClient(scope: "orders:read")
                let token = try await second.serviceToken(secret: secret)
                #expect(try await Self.introspects(token, second, secret: secret) == true)
                let answer = try await first.http.post(
                    "/oauth2/revoke", form: [("token", token)],
                    headers: [("Authorization", "Basic " + Data("service:\(secret)".utf8).base64EncodedString())])
                #expect(answer.status == 200)
                // There is no row of a session: it is known with the list.
                try await eventually("the other node knows") {
                    try await Self.introspects(token, second, secret: secret) == false
                }
                let proxied = try await second.http.get(
                    "/forward-auth?client_id=service", headers: [("Authorization", "Bearer \(token)")])
                #expect(proxied.status == 401)
            }
        }

        @Test func `a user who was disabled at one node gets nothing at the other`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                let user = try await first.addUser()
                try await first.addClient()
                let login = try await second.login()
                let (access, refresh) = (
                    try #require(login["access_token"]), try #require(login["refresh_token"])
                )
                _ = try await first.services.users.setDisabled(user.name, true, actor: .operator)
                #expect(try await second.login().status == 401)
                #expect(try await second.refresh(refresh)["error"] == "invalid_grant")
                #expect(try await second.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            }
        }

        @Test func `a client that was disabled at one node gets nothing at the other, and its directory follows`()
            async throws
        {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                let client = try await first.addClient()
                let secret = try await first.addConfidentialClient()
                let login = try await second.login()
                let (access, refresh) = (
                    try #require(login["access_token"]), try #require(login["refresh_token"])
                )
                // Both are in the other node's memory now.
                _ = try await second.serviceToken(secret: secret)
                _ = try await first.services.clients.setDisabled(client.id, true, actor: .operator)
                #expect(try await second.refresh(refresh).status >= 400)
                #expect(try await second.login().status >= 400)
                #expect(try await second.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
                try await eventually("the directory follows") {
                    try await second.services.clientDirectory.client(client.id)?.disabled == true
                }
                // A secret that is over at once.
                let service = try #require(ClientID("service"))
                let fresh = try await first.services.clients.rotateSecret(service, grace: .zero, actor: .operator)
                try await eventually("the new secret works") {
                    try await second.clientCredentials(secret: fresh.text).status == 200
                }
                #expect(try await second.clientCredentials(secret: secret).status == 401)
            }
        }
    }
#endif
