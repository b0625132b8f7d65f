import LatchkeyTokens
import Testing

struct UnverifiedTokenTests {
    static var cases: [TextCase] {
        get throws { try Vectors.load("jws/access-tokens.json", as: VectorFile<TextCase>.self).cases }
    }

    /// "ok" or the code of the refusal.
    static func verdict(_ text: String, keys: TestKeys, rules: AccessTokenRules = Sample.rules()) -> String {
        do throws(MalformedToken) {
            let token = try UnverifiedToken(parsing: text)
            do throws(VerificationError) {
                _ = try token.verified(keys: keys.lookup, rules: rules, now: Sample.now)
                return "ok"
            } catch {
                return error.code.rawValue
            }
        } catch {
            return "malformed"
        }
    }

    @Test(arguments: try cases) func `a token is judged as its vector says`(vector: TextCase) async throws {
        #expect(Self.verdict(vector.input, keys: try await TestKeys()) == vector.expected)
    }

    @Test func `the vectors hold more refusals than successes`() throws {
        let good = try Self.cases.filter { $0.expected == "ok" }
        #expect(good.count > 10)
        #expect(try Self.cases.count > 5 * good.count)
    }

    @Test func `an algorithm that the rules leave out is refused before the key is asked`() async throws {
        let keys = try await TestKeys()
        let token = try UnverifiedToken(
            parsing: String(decoding: await keys.sign(Sample.claims().encode(), with: .rs256), as: UTF8.self))
        var rules = Sample.rules()
        rules.algorithms = [.es256]
        #expect(throws: VerificationError.algorithmNotAllowed) {
            try token.verified(
                keys: { _ in
                    Issue.record("asked for a key")
                    return nil
                }, rules: rules, now: Sample.now)
        }
    }

    @Test func `without an audience rule any audience will do`() async throws {
        let keys = try await TestKeys()
        let text = String(decoding: try await keys.sign(Sample.claims().encode()), as: UTF8.self)
        var rules = Sample.rules()
        rules.audience = nil
        #expect(Self.verdict(text, keys: keys, rules: rules) == "ok")
        rules.audience = AudienceRule("urn:other")
        #expect(Self.verdict(text, keys: keys, rules: rules) == "wrong_audience")
    }

    @Test(arguments: [
        ("https://id.example/Kunden", "https://id.example/\u{212A}unden"),
        ("https://id.example/\u{E9}", "https://id.example/e\u{301}"),
        ("https://id.example/a", "https://id.example/A"),
        ("https://id.example", "https://id.example/"),
    ])
    func `an issuer that is not the same byte for byte is another one`(expected: String, claimed: String) throws {
        let rule = IssuerRule(expected)
        var claims = try Sample.claims()
        claims.issuer = expected
        try rule.check(claims)
        claims.issuer = claimed
        #expect(throws: VerificationError.wrongIssuer) { try rule.check(claims) }
    }

    @Test func `a revoked token is refused, with the entry`() async throws {
        let keys = try await TestKeys()
        let claims = try Sample.claims()
        var index = RevocationIndex()
        let session = try #require(claims.sessionID)
        let entry = RevocationEntry(sequence: 7, target: .session(session), expiresAt: Sample.now + .seconds(400))
        index.insert(entry)
        let token = try UnverifiedToken(parsing: String(decoding: await keys.sign(claims.encode()), as: UTF8.self))
        let error = #expect(throws: VerificationError.revoked) {
            try token.verified(keys: keys.lookup, rules: Sample.rules(revocations: index), now: Sample.now)
        }
        #expect(error?.revocation == entry)
        #expect(error?.description == "revoked: session entry 7")
    }

    @Test func `the skew never exceeds 120 seconds`() async throws {
        let keys = try await TestKeys()
        let claims = try Sample.claims()
        let token = try UnverifiedToken(parsing: String(decoding: await keys.sign(claims.encode()), as: UTF8.self))
        let rules = AccessTokenRules(issuer: Sample.issuer, audience: Sample.audience, skew: .seconds(9999))
        let verified = try token.verified(
            keys: keys.lookup, rules: rules, now: claims.expiresAt + .milliseconds(119_999))
        #expect(verified.claims == claims)
        #expect(throws: VerificationError.expired) {
            try token.verified(keys: keys.lookup, rules: rules, now: claims.expiresAt + .seconds(120))
        }
        let negative = AccessTokenRules(issuer: Sample.issuer, audience: Sample.audience, skew: .seconds(-9999))
        #expect(throws: VerificationError.expired) {
            try token.verified(keys: keys.lookup, rules: negative, now: claims.expiresAt)
        }
    }

    @Test func `unverified claims can be read without a key`() async throws {
        let text = try await TestKeys().sign(Sample.claims().encode())
        let unsigned = text.prefix(through: try #require(text.lastIndex(of: UInt8(ascii: "."))))
        let token = try UnverifiedToken(parsing: String(decoding: unsigned, as: UTF8.self))
        #expect(try token.unverifiedClaims() == Sample.claims())
    }

    @Test func `errors are equal by code`() {
        #expect(VerificationError.expired == .expired)
        #expect(VerificationError.expired != .revoked)
        #expect(VerificationError.malformed.description == "malformed")
    }
}
