import Foundation
import JWTKit
import LatchkeyTokens
import TestSupport
import Testing

/// A stolen signing key: what the thief forges is refused everywhere, and honest people stay signed in.
struct EmergencyRotationTests {
    /// A key whose private half the test knows, brought in as PEM and made the active one.
    private struct Stolen {
        let key = ES256PrivateKey()
        let kid: String

        init(_ server: TestServer, _ clock: TestClock) async throws {
            let answer = try await server.overSocket.post(
                "/api/v1/admin/keys/import", json: ["pem": .string(key.pemRepresentation)])
            kid = try #require(answer["kid"], "\(answer.text)")
            clock.advance(by: .seconds(86400))
            #expect(try await server.overSocket.post("/api/v1/admin/keys/rotate", json: [:]).status == 200)
        }

        /// What a thief makes: an honest token's claims with a new life.
        func forge(from honest: String, issuedAt: Int) async throws -> String {
            var claims = try PollingReader.claims(honest)
            claims.iat = issuedAt
            claims.exp = issuedAt + 300
            claims.jti = "AAAAAAAAAAAAAAAAAAAAAA"
            let signer = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: kid))
            return try await signer.sign(
                claims, kid: JWKIdentifier(string: kid), header: ["typ": "at+jwt"])
        }
    }

    private func emergency(_ server: TestServer, only: String? = nil) async throws -> TestResponse {
        var body: [String: JSONValue] = ["emergency": true]
        if let only { body["only"] = .string(only) }
        return try await server.overSocket.post("/api/v1/admin/keys/rotate", json: body)
    }

    private func me(_ server: TestServer, _ token: String) async throws -> Int {
        try await server.http.authorised("GET", "/api/v1/me", bearer: token).status
    }

    @Test func `a token forged with the old key is refused by us and by every service that enforces the list`()
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let stolen = try await Stolen(server, clock)
            let before = Set(try await server.publishedKeys().map(\.kid))
            #expect(before.count == 3, "announced, active and the one retired just now")
            let login = try await server.login()
            let honest = try #require(login["access_token"])
            #expect(try PollingReader.keyID(honest) == stolen.kid)
            let careful = PollingReader(server.http, clock: clock)
            try await careful.fetchKeys()
            try await careful.poll()
            // The forgery is a good one: without the emergency everybody takes it.
            let early = try await stolen.forge(from: honest, issuedAt: Int(clock.now.seconds))
            #expect(try await careful.judge(early) == .accepted)
            #expect(try await me(server, early) == 200)

            #expect(try await emergency(server).status == 200)
            clock.advance(by: .seconds(5))
            let forged = try await stolen.forge(from: honest, issuedAt: Int(clock.now.seconds))
            #expect(try await careful.judge(forged) == .accepted, "old JWKS, old list: nobody can know yet")
            try await careful.poll()
            #expect(try await careful.judge(forged) == .revoked("key"))
            #expect(try await careful.judge(early) == .revoked("key"))
            guard case .revoked = try await careful.judge(honest) else {
                Issue.record("the honest token of the withdrawn key lives")
                return
            }
            for token in [forged, early, honest] { #expect(try await me(server, token) == 401) }

            let after = try await server.publishedKeys()
            #expect(Set(after.map(\.kid)).isDisjoint(with: before))
            #expect(after.count == 2)
            try await careful.fetchKeys()
            #expect(try await careful.judge(forged) == .unknownKey)
            let entries = await careful.entries
            #expect(Set(entries.filter { $0.kind == "key" }.compactMap(\.id)) == before)
            #expect(entries.filter { $0.kind == "all" }.count == 1)

            // Nobody is signed out.
            let refreshed = try await server.refresh(try #require(login["refresh_token"]))
            #expect(refreshed.status == 200, "\(refreshed.text)")
            let fresh = try #require(refreshed["access_token"])
            #expect(try await careful.judge(fresh) == .accepted)
            #expect(try await me(server, fresh) == 200)
            let states = try await server.keyStates()
            #expect(before.allSatisfy { states[$0] == "gone" })
        }
    }

    @Test func `a signed list is signed again at once`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let old = try PollingReader.keyID(try await server.http.get("/revocations.jwt").text)
            #expect(try await emergency(server).status == 200)
            let new = try PollingReader.keyID(try await server.http.get("/revocations.jwt").text)
            #expect(new != old)
            #expect(try await server.publishedKeys().contains { $0.kid == new })
        }
    }

    @Test func `an emergency for one key touches nothing of the others`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient("one")
            try await server.addClient("two", algorithm: .edDSA)
            let bad = try #require(try await server.login(client: "one")["access_token"])
            let good = try #require(try await server.login(client: "two")["access_token"])
            let kid = try PollingReader.keyID(bad)
            let before = try await server.keyStates()
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()

            let unknown = try await emergency(server, only: String(repeating: "A", count: 43))
            #expect(unknown.status == 404)
            #expect(try await server.keyStates() == before)

            #expect(try await emergency(server, only: kid).status == 200)
            try await reader.poll()
            #expect(await reader.entries.map(\.kind) == ["key"])
            #expect(try await reader.judge(bad) == .revoked("key"))
            #expect(try await reader.judge(good) == .accepted)
            #expect(try await me(server, good) == 200)
            #expect(try await me(server, bad) == 401)
            let after = try await server.keyStates()
            for (id, state) in before { #expect(after[id] == (id == kid ? "gone" : state)) }
            // The algorithm still has a key that signs, though no verifier could know it before.
            let next = try #require(try await server.login(client: "one")["access_token"])
            #expect(try PollingReader.keyID(next) != kid)
            #expect(try await reader.judge(next) == .unknownKey)
            try await reader.fetchKeys()
            #expect(try await reader.judge(next) == .accepted)
            // Again changes nothing.
            let sequence = try await reader.poll().seq
            #expect(try await emergency(server, only: kid).status == 200)
            #expect(try await reader.poll().seq == sequence)
        }
    }
}
