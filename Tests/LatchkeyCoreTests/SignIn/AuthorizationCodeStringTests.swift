import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct AuthorizationCodeStringTests {
    private let keys = MasterKeyRing.generate()
    private let id = [UInt8](repeating: 1, count: 16)
    private let nonce = [UInt8](repeating: 2, count: 16)

    private func derived(
        id: [UInt8]? = nil, nonce: [UInt8]? = nil, slot: UInt8 = 0, keys: MasterKeyRing? = nil
    ) -> String? {
        AuthorizationCodeString.derived(
            signIn: id ?? self.id, nonce: nonce ?? self.nonce, slot: slot, keys: keys ?? self.keys)?.text
    }

    @Test func `the code of a sign-in is the same each time, and a code as any other`() throws {
        let code = try #require(derived())
        #expect(derived() == code)
        #expect(code.utf8.count == 47)
        #expect(AuthorizationCodeString(code)?.text == code)
        let generated = AuthorizationCodeString.generate()
        #expect(generated.text.utf8.count == code.utf8.count)
        #expect("\(generated)" == "<redacted>")
    }

    @Test func `another row, nonce or master key gives another code, and an empty slot none`() throws {
        let code = try #require(derived())
        #expect(derived(id: nonce) != code)
        #expect(derived(nonce: id) != code)
        #expect(derived(id: nonce, nonce: id) != code)
        #expect(derived(keys: .generate()) != code)
        #expect(derived(slot: 1) == nil)
        let wider = try keys.adding(.generate())
        #expect(derived(keys: wider) == code)
        #expect(derived(slot: 1, keys: wider) != code)
    }

    @Test func `other text is no code`() throws {
        let good = try #require(derived())
        let others = [
            "", "lkc_", good + "A", String(good.dropLast()), "LKC_" + good.dropFirst(4), "lkb_" + good.dropFirst(4),
            good + "\0", "lkc_\u{301}" + good.dropFirst(4), good + "=", "lkc_" + good, String(good.dropFirst(4)),
        ]
        for text in others { #expect(AuthorizationCodeString(text) == nil, "\(text)") }
    }

    /// RFC 7636, appendix B.
    @Test func `the challenge of a verifier is that of RFC 7636`() {
        #expect(
            CodeChallenge.s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
                == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    @Test func `a verifier has 43 to 128 unreserved characters or equals signs`() {
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~="
        #expect(CodeChallenge.isVerifier(allowed))
        for (count, isOne) in [(0, false), (42, false), (43, true), (128, true), (129, false), (100_000, false)] {
            #expect(CodeChallenge.isVerifier(String(repeating: "a", count: count)) == isOne, "\(count) characters")
        }
        for bad in [" ", "+", "/", "%", "\0", "\n", "é", "a\u{301}", "\u{200b}"] {
            #expect(!CodeChallenge.isVerifier(String(repeating: "a", count: 50) + bad), "\(bad)")
        }
    }
}
