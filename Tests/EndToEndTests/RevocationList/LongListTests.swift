import AsyncHTTPClient
import Foundation
import LatchkeyCore
import LatchkeyTokens
import LatchkeyVerifier
import TestSupport
import Testing

/// Lists that are long enough to be made aside, once for everybody.
struct LongListTests {
    private static let columns = RevocationDocument.Form.columns.mediaType
    private static let count = 6000

    /// A server whose list already has ``count`` entries, made without a commit for each.
    /// - Parameter alike: whether the ids are the ones that pack best.
    private func withLongList(
        alike: Bool = false, _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        try await withServer { server in
            let now = server.services.clock.now()
            let id = { alike ? SessionID.generate(at: now) { Array(repeating: 7, count: $0) } : .generate(at: now) }
            server.services.feed.committed(
                (1...Int64(Self.count)).map { number in
                    RevocationRecord(
                        entry: RevocationEntry(
                            sequence: number, target: .session(id()), expiresAt: now + .seconds(400)),
                        revokedAt: now, reason: .admin, note: nil, actor: .operator)
                })
            try await body(server)
        }
    }

    @Test func `every form is the same list under its own type and tag`() async throws {
        try await withLongList { server in
            let plain = try await server.http.get("/revocations")
            #expect(plain[field: "Content-Type"] == "application/json")
            let dense = try await server.http.get("/revocations", headers: [("Accept", Self.columns)])
            #expect(dense[field: "Content-Type"] == Self.columns)
            #expect(dense[field: "Vary"]?.contains("Accept") == true)
            let (first, second) = (
                try RevocationDocument(parsing: plain.body), try RevocationDocument(parsing: dense.body)
            )
            #expect(first.entries == second.entries && first.entries.count == Self.count)
            #expect(dense.body.count * 3 < plain.body.count)
            #expect(plain[field: "ETag"] != dense[field: "ETag"])
            let tag = try #require(dense[field: "ETag"])
            let same = try await server.http.get(
                "/revocations", headers: [("Accept", Self.columns), ("If-None-Match", tag)])
            #expect(same.status == 304)
            let signed = try JWS(parsing: try await server.http.get("/revocations.jwt").body, maximumLength: 1 << 24)
            #expect(try RevocationDocument(parsing: signed.payload).entries == first.entries)
        }
    }

    @Test(arguments: [
        "*/*", "application/json", "application/*", "application/json, \(columns);q=0.5", "\(columns);q=0", "text/html",
    ])
    func `the denser form is sent only to clients that prefer it`(accept: String) async throws {
        try await withServer { server in
            let answer = try await server.http.get("/revocations", headers: [("Accept", accept)])
            #expect(answer[field: "Content-Type"] == "application/json")
        }
    }

    @Test func `parallel requests get a list with everything that was revoked before them`() async throws {
        try await withLongList { server in
            // Unpacks nothing: what this is about is who gets what.
            let http = TestHTTP(base: server.http.base, client: .withoutRedirects)
            for round in 1...5 as ClosedRange<Int64> {
                let now = server.services.clock.now()
                let last = Int64(Self.count) + round
                server.services.feed.committed([
                    RevocationRecord(
                        entry: RevocationEntry(
                            sequence: last, target: .session(.generate(at: now)), expiresAt: now + .seconds(400)),
                        revokedAt: now, reason: .admin, note: nil, actor: .operator)
                ])
                let sequences = try await withThrowingTaskGroup(of: Int64.self) { group in
                    for number in 0..<24 {
                        let headers = number.isMultiple(of: 2) ? [] : [("Accept", Self.columns)]
                        group.addTask {
                            let answer = try await http.get("/revocations", headers: headers)
                            return try RevocationDocument(parsing: answer.body).sequence
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(sequences.count == 24 && sequences.allSatisfy { $0 >= last })
            }
        }
    }

    /// These entries pack a hundred to one: a client that bounds the ratio would refuse the honest list.
    @Test func `a verifier takes a list however well it packs`() async throws {
        try await withLongList(alike: true) { server in
            var configuration = TokenVerifier.Configuration(
                issuer: "http://localhost:8080", audience: "http://localhost:8080", server: server.http.base)
            configuration.polling = .interval(.milliseconds(100))
            let verifier = TokenVerifier(configuration)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await verifier.run() }
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                group.cancelAll()
            }
            #expect(verifier.status.sequence == Int64(Self.count))
        }
    }
}
