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

    @Test(arguments: RevocationCausesTests.causes)
    func `the victim's bit is set at the next read, the others' bits are not`(
        cause: RevocationCausesTests.Cause
    ) async throws {
        let clock = TestClock()
        try await withServer(["status_list.enabled": "true"], clock: clock) { server in
            let scene = try await RevocationScene(server, clock)
            let reader = StatusReader(http: server.http)
            let tokens = [scene.access, scene.adaElsewhere, scene.bobHere, scene.bobElsewhere]
            let references = try tokens.map { try #require(try StatusReader.reference($0)) }
            #expect(Set(references).count == 4)
            for uri in Set(references.map(\.uri)) { #expect(try await reader.list(uri).set == []) }

            let answer = try await cause.act(scene)
            #expect(answer.status == cause.status, "\(answer.text)")
            let expected: [Bool] =
                switch cause.reach {
                case .token, .session: [true, false, false, false]
                case .user: [true, true, false, false]
                case .client: [true, false, true, false]
                case .everybody: [true, true, true, true]
                }
            var lists: [String: StatusReader.List] = [:]
            for uri in Set(references.map(\.uri)) { lists[uri] = try await reader.list(uri) }
            #expect(references.map { lists[$0.uri]?.set.contains($0.idx) } == expected)
            // Beyond these four, a bit may be set only for a token that the act itself made and ended; `all` covers a
            // list whole.
            let places = try await places(server)
            for (uri, list) in lists {
                if cause.kind == "all" {
                    #expect(list.set.count == list.size)
                } else {
                    #expect(list.set.subtracting(places[uri] ?? []).isEmpty)
                }
            }
            if cause.reach == .token { #expect(lists.values.reduce(0) { $0 + $1.set.count } == 1) }
            // Whatever may still be issued is valid.
            let next = try await server.refresh(scene.refresh)
            if next.status == 200 {
                #expect(try await !reader.isInvalid(try #require(next["access_token"])))
            }
        }
    }
}
