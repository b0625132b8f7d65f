import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct SessionTokenTests {
    private let keys = MasterKeyRing.generate()
    private let session = SessionID.generate(at: Timestamp(seconds: 1_795_420_800))
    private let nonce = [UInt8](repeating: 7, count: 16)

    private func derive() throws -> String {
        try SessionToken.derive(session: session, nonce: nonce, keys: keys).text
    }

    @Test func `a token names its session and slot and is the same each time`() throws {
        let text = try derive()
        let token = try #require(SessionToken(text))
        #expect(token.session == session)
        #expect(token.slot == keys.currentSlot)
        #expect(token.isAuthentic(nonce: nonce, keys: keys))
        #expect(try derive() == text)
        #expect(text.utf8.count == 59)
    }

    @Test func `every single changed character is refused`() throws {
        let text = Array(try derive())
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == "A" ? "B" : "A"
            let authentic = SessionToken(String(changed))?.isAuthentic(nonce: nonce, keys: keys) ?? false
            #expect(!authentic, "position \(index)")
        }
    }

    @Test func `other text is not a token`() throws {
        let good = try derive()
        let others = [
            "", "lks_", "lks_" + String(repeating: "A", count: 55), good + "A", String(good.dropLast()),
            "LKS_" + good.dropFirst(4), good + "\0", "lks_é" + good.dropFirst(6),
        ]
        for bad in others { #expect(SessionToken(bad) == nil, "\(bad.count) characters") }
    }

    @Test func `a refresh token never works as session token, nor the other way round`() throws {
        let refresh = try RefreshToken.derive(session: session, generation: 1, nonce: nonce, keys: keys).text
        let own = try derive()
        #expect(SessionToken(refresh) == nil)
        #expect(RefreshToken(own) == nil)
        // Even with the other's bytes in the right places: the keys have labels of their own.
        let bytes = try #require(Base64URL.decode(String(refresh.dropFirst(4))))
        let forged = "lks_" + Base64URL.string(Array(bytes[..<17] + bytes[21...]))
        #expect(SessionToken(forged)?.isAuthentic(nonce: nonce, keys: keys) == false)
    }

    @Test func `another nonce, another master key and a dropped slot refuse it`() throws {
        let token = try #require(SessionToken(try derive()))
        #expect(!token.isAuthentic(nonce: [UInt8](repeating: 8, count: 16), keys: keys))
        #expect(!token.isAuthentic(nonce: nonce, keys: .generate()))
        let wider = try keys.adding(.generate())
        #expect(token.isAuthentic(nonce: nonce, keys: wider))
        #expect(!token.isAuthentic(nonce: nonce, keys: wider.droppingOthers()))
    }

    @Test func `tokens and codes print as redacted`() throws {
        let token = try SessionToken.derive(session: session, nonce: nonce, keys: keys)
        #expect("\(token) \(AuthorizationCodeString.generate())" == "<redacted> <redacted>")
    }

    @Test(arguments: [(30, 7), (240, 60), (600, 60), (1200, 60), (3600, 180), (14 * 86400, 60480)])
    func `a use is written once a minute or once a twentieth of the idle time, and before it runs out`(
        idle: Int, interval: Int
    ) {
        #expect(SessionUse.interval(idleLifetime: .seconds(idle)).components.seconds == interval)
    }
}
