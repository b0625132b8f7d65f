import LatchkeyTokens
import LatchkeyVerifier
import TestSupport
import Testing

/// A verifier through the events of keys on a real server.
struct KeyEventsTests {
    @Test(arguments: JWSAlgorithm.allCases) func `tokens of each algorithm are accepted`(
        algorithm: JWSAlgorithm
    ) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient(algorithm: algorithm)
            let token = try #require(try await server.login()["access_token"])
            try await withVerifier(server.http) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                let verified = try verifier.verifyNow(token)
                #expect(verified.algorithm == algorithm)
            }
            try await withVerifier(server.http, { $0.algorithms.remove(algorithm) }) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                #expect(throws: VerificationError.algorithmNotAllowed) { try verifier.verifyNow(token) }
            }
        }
    }

    @Test func `after an emergency old tokens are refused, and new ones accepted by keys fetched for them`()
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let (old, refresh) = (try #require(login["access_token"]), try #require(login["refresh_token"]))
            try await withVerifier(server.http, now: { clock.now }, { $0.requiresSignedList = true }) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                #expect(throws: Never.self) { try verifier.verifyNow(old) }
                // Beyond the cool-down of the first fetch; the list renews itself meanwhile.
                clock.advance(by: .seconds(31))
                let answer = try await server.overSocket.post(
                    "/api/v1/admin/keys/rotate", json: ["emergency": true])
                #expect(answer.status == 200, "\(answer.text)")
                try await verifier.catchesUp(with: server)
                // By the entry, or by the key set without the key, whichever came first.
                let refusal = #expect(throws: VerificationError.self) {
                    try verifier.verifyNow(old, policy: .allowWhenStale)
                }
                #expect(refusal == .revoked || refusal == .unknownKey)
                clock.advance(by: .seconds(2))
                let new = try #require(try await server.refresh(refresh)["access_token"])
                await #expect(throws: Never.self) { try await verifier.verify(new) }
                #expect(throws: Never.self, "the key is known now") { try verifier.verifyNow(new) }
            }
        }
    }

    @Test func `tokens of clients, for others and of other kinds are told apart`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            try await server.addClient("other", audiences: ["billing"])
            let secret = try await server.addConfidentialClient()
            let login = try await server.login()
            let service = try await server.serviceToken(secret: secret)
            let billing = try #require(try await server.login(client: "other")["access_token"])
            let refresh = try #require(login["refresh_token"])
            try await withVerifier(server.http) { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                let verified = try verifier.verifyNow(service)
                #expect(verified.claims.sessionID == nil)
                #expect(throws: VerificationError.wrongAudience) { try verifier.verifyNow(billing) }
                #expect(throws: VerificationError.malformed) { try verifier.verifyNow(refresh) }
                let list = try await server.http.get("/revocations.jwt").text
                #expect(throws: VerificationError.wrongType) { try verifier.verifyNow(list) }
            }
        }
    }
}
