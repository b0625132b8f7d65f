import LatchkeyTokens
import Testing

/// A status list token as a relying party checks it (Token Status List, section 8.3).
struct StatusListTokenTests {
    private static let uri = "https://auth.example.com/statuslists/7"

    private static func sample() -> StatusListToken {
        var list = StatusList(width: .one, count: 64)
        list[9] = .invalid
        return StatusListToken(
            uri: uri, issuedAt: Sample.now, expiresAt: Sample.now + .seconds(60), timeToLive: .seconds(15), list: list)
    }

    /// The payload by our own writer.
    private static func payload() -> String {
        var text = ""
        _ = sample().sign(compressed: Inflater.deflate(sample().list.bytes), headerSegment: []) { input in
            text = String(decoding: Base64URL.decode(input.dropFirst()) ?? [], as: UTF8.self)
            return []
        }
        return text
    }

    private func signed(
        _ payload: String = StatusListTokenTests.payload(), type: String = JWSHeader.statusListType
    ) async throws -> (text: [UInt8], keys: TestKeys) {
        let keys = try await TestKeys()
        return (try await keys.sign(Array(payload.utf8), type: type), keys)
    }

    private func verify(
        _ text: [UInt8], _ keys: TestKeys, uri: String = StatusListTokenTests.uri,
        known: RevocationIndex = RevocationIndex(), now: Timestamp = Sample.now, maximumBytes: Int = 4096
    ) throws -> StatusListToken {
        try StatusListToken.verify(
            text, uri: uri, keys: keys.lookup, known: known, now: now, maximumBytes: maximumBytes
        ) { Inflater.inflate($0, limit: $1) }
    }

    @Test func `it is read back, and tells each token's status`() async throws {
        let (text, keys) = try await signed()
        let token = try verify(text, keys)
        #expect(token == Self.sample())
        #expect(try token.status(of: StatusReference(index: 9, uri: Self.uri)) == .invalid)
        #expect(try token.status(of: StatusReference(index: 8, uri: Self.uri)) == .valid)
        #expect(throws: VerificationError.indexOutOfRange) {
            try token.status(of: StatusReference(index: 64, uri: Self.uri))
        }
        #expect(throws: VerificationError.wrongSubject) {
            try token.status(of: StatusReference(index: 9, uri: Self.uri + "1"))
        }
    }

    @Test(arguments: ["at+jwt", "JWT", "revocations+jwt", "statuslist+cwt"])
    func `another kind of token is no list, and a list is no access token`(type: String) async throws {
        let (text, keys) = try await signed(type: type)
        #expect(throws: VerificationError.wrongType) { try verify(text, keys) }
        let list = try await signed().text
        #expect(UnverifiedTokenTests.verdict(String(decoding: list, as: UTF8.self), keys: keys) == "wrong_type")
    }

    @Test func `another list, a stale or future one and one by a condemned key are refused`() async throws {
        let (text, keys) = try await signed()
        #expect(throws: VerificationError.wrongSubject) { try verify(text, keys, uri: Self.uri + "/") }
        _ = try verify(text, keys, now: Sample.now + .seconds(119))
        #expect(throws: VerificationError.expired) { try verify(text, keys, now: Sample.now + .seconds(120)) }
        #expect(throws: VerificationError.issuedInFuture) { try verify(text, keys, now: Sample.now - .seconds(61)) }
        var known = RevocationIndex()
        known.insert(
            RevocationEntry(sequence: 1, target: .key(try keys.keyID(.es256)), expiresAt: Sample.now + .seconds(9)))
        #expect(throws: VerificationError.revoked) { try verify(text, keys, known: known) }
        #expect(throws: VerificationError.badSignature) { try verify(text.dropLast(4) + Array("AAAA".utf8), keys) }
        #expect(throws: VerificationError.malformed) { try verify(text, keys, maximumBytes: 7) }
    }

    @Test(arguments: [
        ("\"sub\":\"https://auth.example.com/statuslists/7\",", ""), ("\"iat\":1795420800,", ""),
        ("\"iat\":1795420800", "\"iat\":\"1795420800\""), ("\"exp\":1795420860", "\"exp\":null"),
        ("\"ttl\":15", "\"ttl\":0"), ("\"ttl\":15", "\"ttl\":-1"), ("\"ttl\":15", "\"ttl\":\"15\""),
        ("\"bits\":1", "\"bits\":3"), ("\"bits\":1", "\"bits\":0"), ("\"bits\":1", "\"bits\":\"1\""),
        ("\"bits\":1,", ""), ("\"lst\":\"eN", "\"lst\":\"AA"), ("\"lst\":\"eN", "\"lst\":\"eN="),
        ("\"status_list\"", "\"statuslist\""), ("\"ttl\":15", "\"ttl\":15,\"ttl\":16"),
    ])
    func `a payload with a claim missing or of another form is refused`(claim: String, instead: String) async throws {
        let payload = Self.payload()
        #expect(payload.contains(claim))
        let (text, keys) = try await signed(payload.replacing(claim, with: instead))
        #expect(throws: VerificationError.malformed) { try verify(text, keys) }
    }

    @Test func `a ttl may have a fraction, and ttl and exp may be missing`() async throws {
        let (text, keys) = try await signed(
            Self.payload().replacing("\"ttl\":15", with: "\"ttl\":0.5").replacing("\"exp\":1795420860,", with: ""))
        let token = try verify(text, keys, now: Sample.now + .seconds(86400))
        #expect(token.timeToLive == .milliseconds(500))
        #expect(token.expiresAt == nil)
        #expect(token.isUsable(fetchedAt: Sample.now, now: Sample.now))
        #expect(!token.isUsable(fetchedAt: Sample.now, now: Sample.now + .seconds(1)))
    }

    @Test func `a copy is usable for its ttl after fetching and never beyond exp`() {
        let token = Self.sample()
        let fetched = Sample.now + .seconds(10)
        #expect(token.isUsable(fetchedAt: fetched, now: fetched + .seconds(15)))
        #expect(!token.isUsable(fetchedAt: fetched, now: fetched + .seconds(16)))
        #expect(!token.isUsable(fetchedAt: fetched, now: fetched - .seconds(1)))
        #expect(!token.isUsable(fetchedAt: Sample.now + .seconds(59), now: Sample.now + .seconds(60)))
    }
}
