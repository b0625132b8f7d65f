import Crypto
import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct KnownSignaturesTests {
    private let signatures = KnownSignatures()
    private let token: SignedToken

    init() throws {
        let key = P256.Signing.PrivateKey()
        let publicKey = VerificationKey(try JSONWebKey(p256: key.publicKey.rawRepresentation))
        let header = JWSHeader(algorithm: .es256, type: JWSHeader.accessTokenType, keyID: publicKey.keyID)
        let claims = AccessTokenClaims(
            issuer: "https://auth.example.com", subject: UserID.generate(at: Timestamp(seconds: 1000)).description,
            audience: ["orders"],
            expiresAt: Timestamp(seconds: 1300), issuedAt: Timestamp(seconds: 1000), tokenID: .generate(),
            clientID: try #require(ClientID("spa")), scope: try #require(Scope("read")))
        let text = try JWS.sign(headerSegment: header.segment(), payload: claims.encode()) { input in
            Array(try key.signature(for: input).rawRepresentation)
        }
        token = try UnverifiedToken(parsing: String(decoding: text, as: UTF8.self)).signed(
            keys: { $0 == publicKey.keyID ? publicKey : nil }, algorithms: [.es256])
    }

    private struct Refused: Error {}

    /// Whether the signature was looked at.
    private func isVerified(_ text: String, keys: Int64 = 1) throws -> Bool {
        var isVerified = false
        _ = try signatures.token(text, keys: keys) {
            isVerified = true
            return token
        }
        return isVerified
    }

    @Test func `a signature is verified once, and every other text for itself`() throws {
        #expect(try isVerified("a.b.c"))
        #expect(try !isVerified("a.b.c"))
        #expect(try isVerified("a.b.d"))
        #expect(try isVerified("a.b.c "))
    }

    @Test func `a change of the keys forgets everything, and old keys speak for nothing afterwards`() throws {
        #expect(try isVerified("a.b.c", keys: 1))
        #expect(try isVerified("a.b.c", keys: 2))
        #expect(try isVerified("late", keys: 1))
        #expect(try isVerified("late", keys: 2))
        #expect(try !isVerified("a.b.c", keys: 2))
        #expect(try isVerified("a.b.c", keys: 1))
    }

    @Test func `what was refused is looked at again`() throws {
        for _ in 0..<2 {
            #expect(throws: Refused.self) { try signatures.token("forged", keys: 1) { throw Refused() } }
        }
        #expect(try isVerified("forged"))
    }

    @Test func `the table is bounded, and what is used stays`() throws {
        for number in 0..<10_000 {
            #expect(try isVerified("token \(number)"))
            #expect(try isVerified("in use") == (number == 0))
        }
        #expect(try isVerified("token 0"))
        #expect(try !isVerified("token 9999"))
        let kept = try (0..<10_000).count { try !isVerified("token \($0)") }
        #expect(kept <= 4096)
    }
}
