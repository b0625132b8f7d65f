import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The table of Keys.md in LatchkeyCore's documentation, seen by services that hold the JWKS of the moment.
struct KeyTimelineTests {
    private static let day: Duration = .seconds(86400)

    @Test func `every transition happens at its time, and tokens of each age verify with the JWKS of that moment`()
        async throws
    {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            let first = try await server.publishedKeys().map(\.kid)
            #expect(first.count == 2)
            var states = try await server.keyStates()
            let a = try #require(first.first { states[$0] == "active" }, "the very first key signs at once")
            let b = try #require(first.first { states[$0] == "announced" })

            // The announcement is over, but the first key's 30 days are not.
            clock.advance(by: Self.day)
            try await server.services.keys.tick()
            #expect(try await server.keyStates() == [a: "active", b: "announced"])

            clock.advance(by: Self.day * 29 - .seconds(1))
            try await server.services.keys.tick()
            let last = try await server.serviceToken(secret: secret)
            #expect(try PollingReader.keyID(last) == a)

            clock.advance(by: .seconds(1))
            try await server.services.keys.tick()
            states = try await server.keyStates()
            #expect(states[a] == "retired")
            #expect(states[b] == "active")
            let c = try #require(states.first { $0.value == "announced" }?.key)
            #expect(Set(try await server.publishedKeys().map(\.kid)) == [a, b, c])
            #expect(try await verdict(last, server, clock) == .accepted)
            let next = try await server.serviceToken(secret: secret)
            #expect(try PollingReader.keyID(next) == b)
            #expect(try await verdict(next, server, clock) == .accepted)

            // Published until the last token is over: its life (at most 300 s) and the greatest skew (120 s).
            let claims = try PollingReader.claims(last)
            clock.set(Timestamp(seconds: Int64(claims.exp - 1)))
            try await server.services.keys.tick()
            #expect(try await verdict(last, server, clock) == .accepted)
            clock.set(Timestamp(seconds: Int64(claims.iat + 420)))
            try await server.services.keys.tick()
            #expect(try await verdict(last, server, clock) == .expired)
            #expect(try await server.keyStates()[a] == "retired")
            clock.advance(by: .seconds(1))
            try await server.services.keys.tick()
            #expect(try await server.keyStates() == [a: "gone", b: "active", c: "announced"])
            #expect(try await verdict(last, server, clock) == .unknownKey)

            clock.advance(by: Self.day * 30)
            try await server.services.keys.tick()
            states = try await server.keyStates()
            #expect(states[b] == "retired")
            #expect(states[c] == "active")
            #expect(try PollingReader.keyID(try await server.serviceToken(secret: secret)) == c)
        }
    }

    @Test func `a verifier that holds the JWKS for its max-age never meets an unknown kid`() async throws {
        let clock = TestClock()
        try await withServer(["keys.rotation_period": "2d"], clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            let cached = try #require(try await server.http.get("/.well-known/jwks.json")[field: "Cache-Control"])
            #expect(cached.hasPrefix("public, max-age=300,"))
            var signers: Set<String> = []
            clock.advance(by: .seconds(7200 - 140))
            // A window of 280 s around every second hour of a week: every rotation falls into one of them.
            for _ in 0..<84 {
                try await server.services.keys.tick()
                let early = PollingReader(server.http, clock: clock)
                try await early.fetchKeys()
                let old = try await server.serviceToken(secret: secret)
                clock.advance(by: .seconds(280))
                try await server.services.keys.tick()
                let new = try await server.serviceToken(secret: secret)
                #expect(try await early.judge(new) == .accepted, "a new token, an old JWKS")
                #expect(try await verdict(old, server, clock) == .accepted, "an old token, a new JWKS")
                signers.formUnion([try PollingReader.keyID(old), try PollingReader.keyID(new)])
                clock.advance(by: .seconds(7200 - 280))
            }
            #expect(signers.count >= 3, "the walk saw \(signers.count) signing keys")
        }
    }

    @Test func `rotating by hand too early is a conflict that tells the time, and works from then on`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let before = try await server.keyStates()
            let ready = clock.now + Self.day
            func rotate() async throws -> TestResponse {
                try await server.overSocket.post("/api/v1/admin/keys/rotate", json: [:])
            }
            for moment in [clock.now, ready + .seconds(-1)] {
                clock.set(moment)
                let early = try await rotate()
                #expect(early.status == 409)
                #expect(early["code"] == "conflict")
                #expect(early["detail"]?.contains("\(ready.words)") == true, "\(early.text)")
                #expect(try await server.keyStates() == before)
            }
            clock.set(ready)
            #expect(try await rotate().status == 200)
            let after = try await server.keyStates()
            for (kid, state) in before { #expect(after[kid] == (state == "active" ? "retired" : "active")) }
            #expect(try await rotate().status == 409, "the next key has only now been announced")
        }
    }

    @Test(.onSQLite) func `a retired key's private half is gone from its row and from the file`() async throws {
        let clock = TestClock()
        let folder = try TemporaryFolder()
        let sealed = Captured<[UInt8]>([])
        try await withServer(clock: clock, folder: folder) { server in
            let first = try await activeKey(server)
            sealed.value = first.sealedPrivateKey ?? []
            clock.advance(by: Self.day * 30)
            try await server.services.keys.tick()
            let keys = try await server.services.store.keyTable(includingGone: true).keys
            let retired = keys.filter { $0.id == first.id }
            #expect(retired.map(\.state) == [.retired])
            #expect(retired.map(\.sealedPrivateKey) == [nil])
        }
        #expect(sealed.value.count > 32)
        // The close has moved the log into the database; freed bytes must not hold the key either.
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.contains("latchkey.sqlite"))
        for name in names where name.hasPrefix("latchkey.sqlite") {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
            #expect(bytes.range(of: Data(sealed.value)) == nil, "\(name)")
        }
    }

    private func activeKey(_ server: TestServer) async throws -> SigningKeyRecord {
        let keys = try await server.services.store.keyTable(includingGone: false).keys
        return try #require(keys.first { $0.state == .active })
    }

    /// As a service sees it that fetches the JWKS right now.
    private func verdict(_ token: String, _ server: TestServer, _ clock: TestClock) async throws
        -> PollingReader.Verdict
    {
        let reader = PollingReader(server.http, clock: clock)
        try await reader.fetchKeys()
        try await reader.poll()
        return try await reader.judge(token)
    }
}
