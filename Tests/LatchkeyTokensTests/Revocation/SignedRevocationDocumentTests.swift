import LatchkeyTokens
import Testing

struct SignedRevocationDocumentTests {
    struct Case: VectorCase {
        let name: String
        let input: String
        let known: [RevocationIndexTests.Entry]
        let expected: String
    }

    @Test(arguments: try Vectors.load("revocation/signed.json", as: VectorFile<Case>.self).cases)
    func `a signed list is judged as its vector says`(vector: Case) async throws {
        let keys = try await TestKeys()
        var known = RevocationIndex()
        for entry in vector.known { known.insert(try entry.read()) }
        var verdict = "ok"
        do throws(VerificationError) {
            _ = try SignedRevocationDocument.verify(
                Array(vector.input.utf8), keys: keys.lookup, known: known, now: Sample.now)
        } catch {
            verdict = error.code.rawValue
        }
        #expect(verdict == vector.expected)
    }

    private func signed(
        type: String = JWSHeader.revocationsType,
        issuedAt: Timestamp = Sample.now,
        with algorithm: JWSAlgorithm = .es256
    ) async throws -> (text: [UInt8], keys: TestKeys) {
        let keys = try await TestKeys()
        // The members through our own writer, the signature by the test's key holder.
        var payload: [UInt8] = []
        _ = try SignedRevocationDocument.sign(
            RevocationDocumentTests.sample(), issuedAt: issuedAt, expiresAt: issuedAt + .seconds(60), headerSegment: []
        ) { input in
            payload = Base64URL.decode(input.dropFirst()) ?? []
            return []
        }
        return (try await keys.sign(payload, type: type, with: algorithm), keys)
    }

    private func verify(
        _ text: [UInt8], _ keys: TestKeys, known: RevocationIndex = RevocationIndex(), now: Timestamp = Sample.now
    ) throws -> RevocationDocument {
        try SignedRevocationDocument.verify(text, keys: keys.lookup, known: known, now: now)
    }

    @Test(arguments: JWSAlgorithm.allCases)
    func `a signed list is read back`(algorithm: JWSAlgorithm) async throws {
        let (text, keys) = try await signed(with: algorithm)
        #expect(try verify(text, keys) == RevocationDocumentTests.sample())
    }

    @Test(arguments: ["at+jwt", "JWT", ""]) func `another kind of token is no list`(type: String) async throws {
        let (text, keys) = try await signed(type: type)
        #expect(throws: VerificationError.wrongType) { try verify(text, keys) }
    }

    @Test func `a list is no access token`() async throws {
        let (text, keys) = try await signed()
        #expect(UnverifiedTokenTests.verdict(String(decoding: text, as: UTF8.self), keys: keys) == "wrong_type")
    }

    @Test func `a list signed with a condemned key is refused`() async throws {
        let (text, keys) = try await signed()
        var known = RevocationIndex()
        known.insert(
            RevocationEntry(sequence: 1, target: .key(try keys.keyID(.es256)), expiresAt: Sample.now + .seconds(9)))
        #expect(throws: VerificationError.revoked) { try verify(text, keys, known: known) }
    }

    @Test func `a copy beyond its time, or before it, is refused`() async throws {
        let (text, keys) = try await signed()
        _ = try verify(text, keys, now: Sample.now + .seconds(119))
        #expect(throws: VerificationError.expired) { try verify(text, keys, now: Sample.now + .seconds(120)) }
        #expect(throws: VerificationError.issuedInFuture) { try verify(text, keys, now: Sample.now - .seconds(61)) }
    }

    @Test func `garbled text, an unknown key and a document without dates are refused`() async throws {
        let (text, keys) = try await signed()
        #expect(throws: VerificationError.malformed) { try verify(Array("<html>".utf8), keys) }
        #expect(throws: VerificationError.badSignature) { try verify(text.dropLast(4) + Array("AAAA".utf8), keys) }
        #expect(throws: VerificationError.unknownKey) {
            try SignedRevocationDocument.verify(text, keys: { _ in nil }, known: RevocationIndex(), now: Sample.now)
        }
        let bare = try await keys.sign(RevocationDocumentTests.sample().encode(), type: JWSHeader.revocationsType)
        #expect(throws: VerificationError.malformed) { try verify(bare, keys) }
        #expect(throws: VerificationError.malformed) {
            try SignedRevocationDocument.verify(
                text, keys: keys.lookup, known: RevocationIndex(), now: Sample.now, maximumLength: text.count - 1)
        }
    }
}
