#if Postgres
    import LatchkeyCore
    import TestSupport
    import Testing

    @Suite struct NodesTests {
        @Test func `a token of one node is refreshed by another, with one successor`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                let signIn = try await first.login()
                #expect(signIn.status == 200)
                let token = try #require(signIn["refresh_token"])
                let refreshed = try await second.refresh(token)
                #expect(refreshed.status == 200)
                let successor = try #require(refreshed["refresh_token"])
                #expect(try await first.refresh(token)["refresh_token"] == successor)
            }
        }

        @Test func `the master key is rotated only when every node has the new one`() async throws {
            try await withNodes(2) { nodes in
                let (first, second) = (nodes[0].services.masterKeys, nodes[1])
                let keys = nodes[0].services.masterKeyRing
                await #expect(throws: Refusal.self) { try await first.rotate(leaked: true, actor: .operator) }
                #expect(keys.prepared == nil)
                // The first call prepares a slot, the next one finds that the other node lacks it.
                for _ in 0..<2 {
                    await #expect(throws: Refusal(.conflict, "")) {
                        try await first.rotate(leaked: false, actor: .operator)
                    }
                    #expect(keys.prepared == 1 && keys.currentSlot == 0)
                }
                let store = try #require(second.services.store.sharing)
                second.services.masterKeyRing.replace(with: try MasterKeyRing(text: keys.text))
                try await store.note(second.services.masterKeyRing.fingerprints)
                #expect(try await first.rotate(leaked: false, actor: .operator).currentSlot == 1)
                #expect(keys.currentSlot == 1 && keys.prepared == nil)
                let read = try MasterKeyFile(path: nodes[0].folder.file("master.key")).read()
                #expect(read.fingerprints == keys.fingerprints)
                #expect(try await store.nodes().map(\.masterKeys.current).sorted() == [0, 1])
            }
        }
    }
#endif
