#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import Testing

    @testable import LatchkeyPostgres

    struct NodeTableTests {
        @Test func `what a node has said about itself is not taken back by a write that was overtaken`() async throws {
            let place = try await PostgresPlace()
            let store = try place.open()
            let connection = try PostgresConnection(place.settings.address)
            let table = NodeTable(connection: connection)
            let before = NodeTable.Own(
                id: "node", name: "", program: "", schema: 1, issuer: "https://auth.example.com",
                masterKeys: MasterKeyRing.generate().fingerprints, serves: true)
            var now = before
            now.longest = .seconds(3600)
            now.masterKeys = MasterKeyRing.generate().fingerprints
            now.revision += 1
            try table.write(before, published: 0)
            try table.write(now, published: 0)
            try table.write(before, published: 0)
            #expect(try table.greatest().longest == .seconds(3600))
            #expect(try table.all().map(\.masterKeys) == [now.masterKeys])
            // A sign of life with the same facts is no older one.
            try table.write(now, published: 7)
            #expect(try connection.integer("SELECT published FROM nodes") == 7)
            connection.close()
            await store.shutdown()
        }
    }
#endif
