import LatchkeyCore
import LatchkeyTokens
import Testing

struct RefreshTokenTests {
    private let keys = MasterKeyRing.generate()
    private let session = SessionID.generate(at: Timestamp(seconds: 1_795_420_800))
    private let nonce = [UInt8](repeating: 7, count: 16)

    private func derive(_ generation: UInt32) throws -> String {
        try RefreshToken.derive(session: session, generation: generation, nonce: nonce, keys: keys).text
    }

    @Test func `every single changed character is refused`() throws {
        let text = Array(try derive(3))
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            let token = RefreshToken(String(changed))
            let authentic = token?.isAuthentic(nonce: nonce, keys: keys) ?? false
            // A changed session id would meet another nonce; with the same nonce the tag still covers it.
            #expect(!authentic, "position \(index)")
        }
    }

    @Test func `other text is not a token`() throws {
        let good = try derive(1)
        for bad in [
            "", "lkr_", "lkr_" + String(repeating: "A", count: 60), good + "A", String(good.dropLast()),
            "LKR_" + good.dropFirst(4), good + "\0", good.replacingOccurrences("lkr_", "lkx_"),
            "lkr_é" + good.dropFirst(6),
        ] {
            #expect(RefreshToken(bad) == nil, "\(bad.count) characters")
        }
    }

    @Test func `a token names its session, generation and slot`() throws {
        let token = try #require(RefreshToken(try derive(70_000)))
        #expect(token.session == session)
        #expect(token.generation == 70_000)
        #expect(token.slot == keys.currentSlot)
        #expect(token.isAuthentic(nonce: nonce, keys: keys))
    }

    @Test func `another nonce or another master key refuses it`() throws {
        let token = try #require(RefreshToken(try derive(2)))
        #expect(!token.isAuthentic(nonce: [UInt8](repeating: 8, count: 16), keys: keys))
        #expect(!token.isAuthentic(nonce: nonce, keys: .generate()))
    }

    @Test func `a token of an older slot works until the slot is dropped`() throws {
        let token = try #require(RefreshToken(try derive(2)))
        let wider = try keys.adding(.generate())
        #expect(wider.currentSlot != keys.currentSlot)
        #expect(token.isAuthentic(nonce: nonce, keys: wider))
        #expect(!token.isAuthentic(nonce: nonce, keys: wider.droppingOthers()))
    }

    @Test func `generations and sessions never share a token`() throws {
        var seen: Set<String> = []
        for generation in UInt32(1)...500 { seen.insert(try derive(generation)) }
        #expect(seen.count == 500)
        #expect(seen.allSatisfy { $0.utf8.count == 64 })
    }

    @Test func `it prints as redacted`() throws {
        let token = try RefreshToken.derive(session: session, generation: 1, nonce: nonce, keys: keys)
        #expect("\(token) \(String(reflecting: token))" == "<redacted> <redacted>")
    }
}

extension String {
    fileprivate func replacingOccurrences(_ old: String, _ new: String) -> String {
        hasPrefix(old) ? new + dropFirst(old.count) : self
    }
}
