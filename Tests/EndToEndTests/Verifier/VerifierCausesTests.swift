import LatchkeyCore
import LatchkeyTokens
import LatchkeyVerifier
import TestConditions
import TestSupport
import Testing

/// Every act that revokes, as a Swift service with LatchkeyVerifier sees it.
struct VerifierCausesTests {
    private func refusal(_ verifier: TokenVerifier, _ token: String) -> RevocationEntry.Kind? {
        do throws(VerificationError) {
            _ = try verifier.verifyNow(token)
            return nil
        } catch {
            #expect(error == .revoked)
            return error.revocation?.kind
        }
    }

    @Test(arguments: RevocationCause.allCases)
    func `the victim's token is refused by the next poll, the others' tokens are not`(cause: RevocationCause)
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await RevocationScene(server.http, folder: server.folder)
            try await withVerifier(server.http, now: { clock.now }) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                let victim = try scene.token(.victim)
                #expect(throws: Never.self) { try verifier.verifyNow(victim) }
                try await cause.perform(on: scene)
                try await verifier.catchesUp(with: server)
                for holder in RevocationScene.Holder.allCases {
                    let expected = cause.mustDie.contains(holder) ? cause.kind : nil
                    #expect(refusal(verifier, try scene.token(holder)) == expected, "\(holder)")
                }
            }
        }
    }

    @Test func `a long poll brings the revocation without another request`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["access_token"])
            try await withVerifier(server.http, { $0.polling = .longPoll() }) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                try await eventually("a poll is held") { server.services.feed.waiting > 0 }
                #expect(throws: Never.self) { try verifier.verifyNow(token) }
                let updates = verifier.updates()
                let logout = try await server.http.authorised("POST", "/api/v1/logout", bearer: token)
                #expect(logout.status == 204)
                for await status in updates where status.entries > 0 { break }
                #expect(throws: VerificationError.revoked) { try verifier.verifyNow(token) }
            }
            try await eventually("no poll is held") { server.services.feed.waiting == 0 }
        }
    }

    @Test func `a restricted, signed list is polled with the client's own name`() async throws {
        try await withServer(["revocations.access": "clients"]) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let token = try #require(try await server.login()["access_token"])
            try await withVerifier(server.http) { verifier in
                try await verifier.waits(for: "keys") { $0.keys > 0 }
                #expect(throws: VerificationError.listBlind) { try verifier.verifyNow(token) }
            }
            try await withVerifier(
                server.http,
                {
                    $0.credentials = .client(id: "service", secret: secret)
                    $0.requiresSignedList = true
                    $0.consumer = "alias"
                },
                { verifier in
                    #expect(await verifier.waitUntilReady(for: .seconds(600)))
                    #expect(throws: Never.self) { try verifier.verifyNow(token) }
                    #expect(server.services.feed.consumers().map(\.name) == ["service"])
                })
        }
    }

    @Test func `the server is asked where the policy says so`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient(audiences: ["service", "http://localhost:8080"])
            let secret = try await server.addConfidentialClient()
            let token = try #require(try await server.login()["access_token"])
            try await withVerifier(
                server.http,
                {
                    $0.credentials = .client(id: "service", secret: secret)
                    // One list, then none for a long time: what happens now is only known to the server.
                    $0.polling = .interval(.seconds(3600))
                },
                { verifier in
                    #expect(await verifier.waitUntilReady(for: .seconds(600)))
                    await #expect(throws: Never.self) {
                        try await verifier.verify(token, policy: .introspectAlways)
                    }
                    let logout = try await server.http.authorised("POST", "/api/v1/logout", bearer: token)
                    #expect(logout.status == 204)
                    #expect(throws: Never.self, "the list of a moment ago") { try verifier.verifyNow(token) }
                    await #expect(throws: VerificationError.inactive) {
                        try await verifier.verify(token, policy: .introspectAlways)
                    }
                })
        }
    }
}
