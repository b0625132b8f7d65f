import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Every act that revokes, seen by somebody else's status list software: exactly the bits of the tokens concerned flip.
struct StatusListCausesTests {
    /// The indexes that tokens have, list by list.
    private func places(_ server: TestServer) async throws -> [String: Set<Int>] {
        let entries = try await server.services.store.statusEntries(after: nil, limit: 1000)
        return Dictionary(grouping: entries) { "\(StatusReader.issuer)/statuslists/\($0.list.number)" }
            .mapValues { Set($0.map { Int($0.place) }) }
    }

    @Test(arguments: RevocationCause.allCases)
    func `the victim's bit is set at the next read, the others' bits are not`(cause: RevocationCause) async throws {
        let clock = TestClock()
        try await withServer(["status_list.enabled": "true"], clock: clock) { server in
            let scene = try await RevocationScene(server.http, folder: server.folder)
            let reader = StatusReader(http: server.http)
            let references = try RevocationScene.Holder.allCases.map { holder in
                try #require(try StatusReader.reference(try scene.token(holder)))
            }
            #expect(Set(references).count == 4)
            for uri in Set(references.map(\.uri)) { #expect(try await reader.list(uri).set == []) }

            try await cause.perform(on: scene)
            let expected = RevocationScene.Holder.allCases.map { cause.mustDie.contains($0) }
            var lists: [String: StatusReader.List] = [:]
            for uri in Set(references.map(\.uri)) { lists[uri] = try await reader.list(uri) }
            #expect(references.map { lists[$0.uri]?.set.contains($0.idx) } == expected)
            // Beyond these four, a bit may be set only for a token that the act itself made and ended; `all` covers a
            // list whole.
            let places = try await places(server)
            for (uri, list) in lists {
                if cause.kind == .all {
                    #expect(list.set.count == list.size)
                } else {
                    #expect(list.set.subtracting(places[uri] ?? []).isEmpty)
                }
            }
            if cause.kind == .token { #expect(lists.values.reduce(0) { $0 + $1.set.count } == 1) }
            // Whatever may still be issued is valid.
            let next = try await scene.refresh(scene.refreshToken)
            if next.status == 200 {
                #expect(try await !reader.isInvalid(try #require(next["access_token"])))
            }
        }
    }
}
