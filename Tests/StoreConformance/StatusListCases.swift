import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    private static let policy = SweepPolicy(
        auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(14 * 86400), throttleWindow: .seconds(900))

    static let statusListCases: [StoreCase] = [
        StoreCase("a place is given to one token, and read back with what revocations look at") { harness in
            let key = try harness.statusKey
            var given: [StatusEntry] = []
            for _ in 0..<20 {
                given.append(try await harness.store.reserveStatus(for: try harness.statusClaims(), keyID: key))
            }
            let service = try harness.statusClaims(session: nil)
            given.append(try await harness.store.reserveStatus(for: service, keyID: key))
            #expect(Set(given.map(\.position)).count == 21)
            #expect(given.allSatisfy { (0..<Int64($0.list.size)).contains($0.place) && $0.list.size % 8 == 0 })
            let places = given.map(\.place)
            #expect(places != places.sorted(), "random within the list")
            try await harness.reopen()
            var read: [StatusEntry] = []
            while true {
                let page = try await harness.store.statusEntries(after: read.last?.position, limit: 4)
                read += page
                if page.count < 4 { break }
            }
            #expect(read == given.sorted { $0.place < $1.place })
        },
        StoreCase("tokens share a list when they expire in the same ten minutes, and no list is used twice") {
            harness in
            let first = try await harness.statusList(.seconds(300))
            let second = try await harness.statusList(.seconds(310))
            #expect(second == first)
            let later = try await harness.statusList(.seconds(3600))
            #expect(later.number > first.number)
            #expect(first.expiresAt.seconds % 600 == 0 && first.expiresAt > harness.now + .seconds(310))
            harness.advance(by: first.expiresAt + .seconds(119) - harness.now)
            #expect(try await harness.store.statusEntries(after: nil, limit: 10).count == 3)
            #expect(try await harness.sweep(policy, limit: 100) == 0)
            harness.advance(by: .seconds(1))
            #expect(try await harness.store.statusEntries(after: nil, limit: 10).map(\.list) == [later])
            #expect(try await harness.sweep(policy, limit: 100) == 3, "two places and a list")
            let next = try await harness.statusList(.seconds(300))
            #expect(next.number > later.number)
        },
        StoreCase("after an entry for everybody a token stands in a list that was opened later") { harness in
            let before = try await harness.statusList()
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            let second = harness.now.seconds
            #expect(before.isCovered(byAll: second))
            harness.advance(by: .seconds(1))
            let after = try await harness.statusList()
            #expect(after.number > before.number)
            #expect(!after.isCovered(byAll: second))
            let again = try await harness.statusList()
            #expect(again == after)
        },
    ]
}

extension StoreHarness {
    /// The list in which one more token gets its place.
    func statusList(_ lifetime: Duration = .seconds(300)) async throws -> StatusListRecord {
        let claims = try statusClaims(lifetime: lifetime)
        return try await store.reserveStatus(for: claims, keyID: try statusKey).list
    }

    var statusKey: KeyID {
        get throws { try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")) }
    }

    /// A token issued now; of a client itself when `session` is nil.
    func statusClaims(
        session: SessionID? = SessionID("01931c2e-8e5b-7d4c-8a32-1b2c3d4e5f60"), lifetime: Duration = .seconds(300)
    ) throws -> AccessTokenClaims {
        AccessTokenClaims(
            issuer: "https://auth.example", subject: session == nil ? "app" : "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f",
            audience: ["https://api.example"], expiresAt: now + lifetime, issuedAt: now, tokenID: .generate(),
            clientID: try #require(ClientID("app")), scope: Scope(), sessionID: session)
    }
}
