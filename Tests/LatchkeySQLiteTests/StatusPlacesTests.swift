import LatchkeyCore
import LatchkeyTokens
import StoreConformance
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

struct StatusPlacesTests {
    @Test func `a hundred thousand tokens have a hundred thousand places, and no list is more than half full`()
        async throws
    {
        let place = try DatabasePlace()
        let store = try place.open()
        let key = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        let now = Timestamp.wallClock
        let claims = AccessTokenClaims(
            issuer: "https://auth.example", subject: "app", audience: ["a"], expiresAt: now + .seconds(300),
            issuedAt: now, tokenID: .generate(), clientID: try #require(ClientID("app")), scope: Scope())
        var positions: Set<StatusPosition> = []
        for _ in 0..<10 {
            positions.formUnion(
                try await store.writer.perform { ledger in
                    try (0..<10_000).map { _ in try StatusListRules.reserve(for: claims, keyID: key, ledger).position }
                }.value)
        }
        #expect(positions.count == 100_000)
        let lists = Dictionary(grouping: positions, by: \.list).mapValues(\.count)
        #expect(lists.values.sorted() == [100_000 - StatusListRecord.newSize / 2, StatusListRecord.newSize / 2])
        #expect(positions.allSatisfy { (0..<Int64(StatusListRecord.newSize)).contains($0.place) })
        await store.shutdown()
    }
}
