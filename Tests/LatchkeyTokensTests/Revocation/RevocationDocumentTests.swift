import Foundation
import LatchkeyTokens
import Testing

struct RevocationDocumentTests {
    static func verdict(_ text: String) -> String {
        do throws(RefusedDocument) {
            _ = try RevocationDocument(parsing: Array(text.utf8))
            return "ok"
        } catch {
            return error.reason.rawValue
        }
    }

    @Test(arguments: try Vectors.load("revocation/documents.json", as: VectorFile<TextCase>.self).cases)
    func `a document is judged as its vector says`(vector: TextCase) {
        #expect(Self.verdict(vector.input) == vector.expected)
    }

    static func sample() throws -> RevocationDocument {
        let (user, session) = (
            try #require(UserID(IdentifiersTests.text)), try #require(SessionID(IdentifiersTests.text))
        )
        let key = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        let (token, client) = (try #require(TokenID("abc")), try #require(ClientID("web")))
        let instant = Sample.now
        let targets: [RevocationEntry.Target] = [
            .token(token), .session(session), .user(user, issuedBefore: instant),
            .client(client, issuedBefore: instant),
            .key(key), .all(issuedBefore: instant),
        ]
        return RevocationDocument(
            issuer: Sample.issuer, epoch: "5f0c", after: 1039, sequence: 1050, now: instant, nextUpdate: 5,
            expiresIn: 60,
            entries: targets.enumerated().map { index, target in
                RevocationEntry(sequence: 1040 + Int64(index), target: target, expiresAt: instant + .seconds(400))
            })
    }

    @Test func `all six kinds are written and read back`() throws {
        let document = try Self.sample()
        #expect(Set(document.entries.map(\.kind)) == Set(RevocationEntry.Kind.allCases))
        #expect(try RevocationDocument(parsing: document.encode()) == document)
    }

    @Test func `the form at the wire is exactly the published one`() throws {
        let document = try Self.sample()
        let short = RevocationDocument(
            issuer: document.issuer, epoch: document.epoch, after: document.after, sequence: document.sequence,
            now: document.now, nextUpdate: 5, expiresIn: 60, entries: Array(document.entries[1...2]))
        #expect(
            String(decoding: short.encode(), as: UTF8.self)
                == #"{"iss":"https://auth.example.com","epoch":"5f0c","after":1039,"seq":1050,"now":1795420800,"#
                + #""next_update":5,"expires_in":60,"entries":["#
                + #"{"seq":1041,"kind":"session","id":"01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f","exp":1795421200},"#
                + #"{"seq":1042,"kind":"user","id":"01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f","iat_before":1795420800,"#
                + #""exp":1795421200}]}"#)
    }

    @Test func `length and number of entries are capped`() throws {
        let bytes = try Self.sample().encode()
        _ = try RevocationDocument(parsing: bytes, maximumLength: bytes.count, maximumEntries: 6)
        var error = #expect(throws: RefusedDocument.self) { try RevocationDocument(parsing: bytes, maximumEntries: 5) }
        #expect(error?.reason == .tooLarge)
        error = #expect(throws: RefusedDocument.self) {
            try RevocationDocument(parsing: bytes, maximumLength: bytes.count - 1)
        }
        #expect(error?.reason == .tooLarge)
    }

    @Test func `an entry whose columns do not fit each other cannot be made`() {
        let (id, instant) = (IdentifiersTests.text, Sample.now)
        for (kind, id, before) in [
            (.token, nil, nil), (.token, "abc", instant), (.session, "abc", nil), (.session, id, instant),
            (.user, id, nil),
            (.user, "alice", instant), (.client, id, instant), (.client, "web", nil), (.key, "abc", nil),
            (.all, "x", instant),
            (.all, nil, nil),
        ] as [(RevocationEntry.Kind, String?, Timestamp?)] {
            let entry = RevocationEntry(sequence: 1, kind: kind, id: id, issuedBefore: before, expiresAt: instant)
            #expect(entry == nil)
        }
    }
}
