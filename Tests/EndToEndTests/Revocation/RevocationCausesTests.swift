import LatchkeyTokens
import TestSupport
import Testing

/// Every act that revokes, seen by a service that polls the list: the victim's token dies before it expires, under the
/// kind that the act is said to write, and nobody else's does.
struct RevocationCausesTests {
    @Test(arguments: RevocationCause.allCases)
    func `the victim's token is refused by the next poll, the others' tokens are not`(cause: RevocationCause)
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await RevocationScene(server.http, folder: server.folder)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            try await reader.poll()
            #expect(try await reader.judge(try scene.token(.victim)) == .accepted)
            try await cause.perform(on: scene)
            let kind = cause.kind.rawValue
            #expect(try await reader.poll().entries.map(\.kind) == [kind])
            for holder in RevocationScene.Holder.allCases {
                let expected: PollingReader.Verdict = cause.mustDie.contains(holder) ? .revoked(kind) : .accepted
                #expect(try await reader.judge(try scene.token(holder)) == expected, "\(holder)")
            }

            // Our own API and the refresh token agree with the list.
            let me = try await server.http.authorised("GET", "/api/v1/me", bearer: try scene.token(.victim))
            #expect(me.status == 401)
            let refresh = try await scene.refresh(scene.refreshToken)
            guard cause.leavesSession else {
                #expect(refresh.status >= 400 && refresh.status < 500, "\(refresh.text)")
                return
            }
            #expect(refresh.status == 200, "\(refresh.text)")
            try await reader.fetchKeys()
            #expect(try await reader.judge(try #require(refresh["access_token"])) == .accepted)
        }
    }

    @Test func `a retired key is condemned by hand, one that may sign is not`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            clock.advance(by: .seconds(86400))
            let token = try await server.serviceToken(secret: secret)
            let kid = try PollingReader.keyID(token)
            let early = try await server.revoke("key", kid)
            #expect(early.status == 409)
            #expect(early["detail"]?.contains("--emergency --only") == true)
            #expect(try await server.overSocket.post("/api/v1/admin/keys/rotate", json: [:]).status == 200)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
            #expect(try await server.revoke("key", kid).status == 201)
            #expect(try await server.revoke("key", kid).status == 200)
            #expect(try await reader.poll().entries.map(\.kind) == ["key"])
            #expect(try await reader.judge(token) == .revoked("key"))
            #expect(try await server.publishedKeys().allSatisfy { $0.kid != kid })
            #expect(try await server.revoke("key", "nokey").status == 404)
        }
    }
}
