import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct FormSealTests {
    private let keys = MasterKeyRing.generate()
    private let now = Timestamp(seconds: 1_795_420_800)
    private let browser = [UInt8](repeating: 1, count: 32)
    private let request = [UInt8](repeating: 2, count: 32)

    private func seal() -> FormSeal {
        var seal = FormSeal(
            form: FormName(browserDigest: browser, formID: [UInt8](repeating: 3, count: 16)), issuedAt: now,
            arrivedAt: now + .seconds(-30), requestDigest: request,
            browser: FormSeal.Browser(session: .generate(at: now), generation: 0x0102_0304))
        seal.choice = .another
        seal.staysSignedIn = true
        return seal
    }

    private func open(
        _ text: String, browser: [UInt8]? = nil, request: [UInt8]? = nil, keys: MasterKeyRing? = nil,
        after age: Duration = .zero
    ) -> FormSeal? {
        FormSeal(
            text, browserDigest: browser ?? self.browser, requestDigest: request ?? self.request,
            keys: keys ?? self.keys, now: now + age)
    }

    @Test func `a seal reads back as it was made, with each choice and without a browser session`() throws {
        let full = seal()
        #expect(open(try full.sealed(keys: keys)) == full)
        for choice: SignInFacts.Choice? in [nil, .current, .another] {
            for stays in [false, true] {
                for browser in [full.browser, nil] {
                    var seal = full
                    seal.choice = choice
                    seal.staysSignedIn = stays
                    seal.browser = browser
                    #expect(open(try seal.sealed(keys: keys)) == seal)
                }
            }
        }
    }

    @Test func `two seals of the same form are different texts`() throws {
        let seal = seal()
        #expect(try seal.sealed(keys: keys) != seal.sealed(keys: keys))
    }

    @Test func `every single changed byte is refused, whichever field it is in`() throws {
        let text = try seal().sealed(keys: keys)
        let bytes = try #require(Base64URL.decode(String(text.dropFirst(4))))
        #expect(bytes.count == 166)
        for index in bytes.indices {
            for bit: UInt8 in [1, 0x80] {
                var changed = bytes
                changed[index] ^= bit
                #expect(open("lkf_" + Base64URL.string(changed)) == nil, "byte \(index)")
            }
        }
    }

    @Test func `another browser and another request are refused`() throws {
        let text = try seal().sealed(keys: keys)
        for other in [[UInt8](repeating: 9, count: 32), [], [UInt8](repeating: 1, count: 31)] {
            #expect(open(text, browser: other) == nil)
            #expect(open(text, request: other) == nil)
        }
        #expect(open(text, browser: request, request: browser) == nil)
    }

    @Test func `a form is good for ten minutes, and not before it was made`() throws {
        let text = try seal().sealed(keys: keys)
        #expect(open(text, after: .milliseconds(599_999)) != nil)
        #expect(open(text, after: .seconds(600)) == nil)
        #expect(open(text, after: .seconds(86400)) == nil)
        // The clocks of two nodes may differ a little.
        #expect(open(text, after: .milliseconds(-59_999)) != nil)
        #expect(open(text, after: .seconds(-60)) == nil)
    }

    @Test func `another master key is refused, and an older one of the ring is not`() throws {
        let text = try seal().sealed(keys: keys)
        #expect(open(text, keys: .generate()) == nil)
        let wider = try keys.adding(.generate())
        #expect(open(text, keys: wider) != nil)
        #expect(open(text, keys: wider.droppingOthers()) == nil)
        // What names a slot of the ring must be made with its key.
        #expect(open(try seal().sealed(keys: wider), keys: keys) == nil)
    }

    @Test func `other text is no seal`() throws {
        let good = try seal().sealed(keys: keys)
        let others = [
            "", "lkf_", String(good.dropLast()), String(good.dropLast(4)), good + "A", good + "AAAA",
            "LKF_" + good.dropFirst(4), "lkt_" + good.dropFirst(4), String(good.dropFirst(4)), " " + good, good + "\0",
            "lkf_" + good, "lkf_\u{301}" + good.dropFirst(4), good + String(repeating: "A", count: 100_000),
        ]
        for text in others { #expect(open(text) == nil, "\(text.prefix(20)), \(text.utf8.count) bytes") }
        for count in 0..<166 { #expect(open("lkf_" + Base64URL.string([UInt8](repeating: 0x10, count: count))) == nil) }
    }
}
