import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct BrowserSessionTokenTests {
    private let keys = MasterKeyRing.generate()
    private let session = SessionID.generate(at: Timestamp(seconds: 1_795_420_800))
    private let nonce = [UInt8](repeating: 7, count: 16)

    private func derive(_ generation: UInt32 = 1) throws -> String {
        try BrowserSessionToken.derive(session: session, generation: generation, nonce: nonce, keys: keys).text
    }

    private func isAuthentic(_ text: String) -> Bool {
        BrowserSessionToken(text)?.isAuthentic(nonce: nonce, keys: keys) ?? false
    }

    @Test func `a token names its session and generation, is the same each time and prints as redacted`() throws {
        for generation: UInt32 in [1, 2, 255, 256, 0x0102_0304, .max] {
            let text = try derive(generation)
            let token = try #require(BrowserSessionToken(text))
            #expect(token.session == session)
            #expect(token.generation == generation)
            #expect(token.isAuthentic(nonce: nonce, keys: keys))
            #expect(try derive(generation) == text)
            #expect(text.utf8.count == 64)
        }
        let token = try BrowserSessionToken.derive(session: session, generation: 1, nonce: nonce, keys: keys)
        #expect("\(token)" == "<redacted>")
    }

    @Test func `every single changed character is refused`() throws {
        let text = Array(try derive())
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(!isAuthentic(String(changed)), "position \(index)")
        }
    }

    @Test func `a token of one generation is none of another`() throws {
        let bytes = try #require(Base64URL.decode(String(try derive(1).dropFirst(4))))
        let next = try #require(Base64URL.decode(String(try derive(2).dropFirst(4))))
        #expect(!isAuthentic("lkb_" + Base64URL.string(Array(next[..<21] + bytes[21...]))))
    }

    @Test func `other text is not a token`() throws {
        let good = try derive()
        let others = [
            "", "lkb_", "lkb_" + String(repeating: "A", count: 60), good + "A", String(good.dropLast()),
            "LKB_" + good.dropFirst(4), good + "\0", "lkb_é" + good.dropFirst(6),
        ]
        for bad in others { #expect(BrowserSessionToken(bad) == nil, "\(bad.count) characters") }
    }

    @Test func `it never works as a refresh or session token, nor they as it`() throws {
        let own = try derive()
        let refresh = try RefreshToken.derive(session: session, generation: 1, nonce: nonce, keys: keys).text
        let other = try SessionToken.derive(session: session, nonce: nonce, keys: keys).text
        #expect(RefreshToken(own) == nil)
        #expect(SessionToken(own) == nil)
        #expect(BrowserSessionToken(refresh) == nil)
        #expect(BrowserSessionToken(other) == nil)
        // The shapes are the same, so only the labels of the keys tell them apart.
        #expect(!isAuthentic("lkb_" + refresh.dropFirst(4)))
        let disguised = try #require(RefreshToken("lkr_" + own.dropFirst(4)))
        #expect(!disguised.isAuthentic(nonce: nonce, keys: keys))
        let bytes = try #require(Base64URL.decode(String(own.dropFirst(4))))
        let short = "lks_" + Base64URL.string(Array(bytes[..<17] + bytes[21...]))
        #expect(SessionToken(short)?.isAuthentic(nonce: nonce, keys: keys) == false)
        let words = try #require(Base64URL.decode(String(other.dropFirst(4))))
        #expect(!isAuthentic("lkb_" + Base64URL.string(Array(words[..<17] + [0, 0, 0, 1] + words[17...]))))
    }

    @Test func `another nonce, another master key and a dropped slot refuse it`() throws {
        let token = try #require(BrowserSessionToken(try derive()))
        #expect(!token.isAuthentic(nonce: [UInt8](repeating: 8, count: 16), keys: keys))
        #expect(!token.isAuthentic(nonce: nonce, keys: .generate()))
        let wider = try keys.adding(.generate())
        #expect(token.isAuthentic(nonce: nonce, keys: wider))
        #expect(!token.isAuthentic(nonce: nonce, keys: wider.droppingOthers()))
    }
}
