import Foundation
import LatchkeyBytes
import TestConditions
import Testing

struct Base64Tests {
    private func decode(_ text: String, _ form: Base64.Form = .canonical) -> [UInt8]? {
        Base64.decode(Array(text.utf8)[...], form: form)
    }

    @Test func `what is written is what another library writes, and is read back in either form`() {
        var random = TestSeed.generator("base64")
        for length in 0..<80 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let expected = Data(bytes).base64EncodedString()
            #expect(Base64.string(bytes, padded: true) == expected)
            let bare = Base64.string(bytes, padded: false)
            #expect(bare == expected.replacing("=", with: ""))
            #expect(decode(expected) == bytes && decode(bare) == bytes && decode(expected, .padded) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AAAAA", "A===", "====", "=", "AA=", "AAA==", "AAAA=", "AAAA==", "A=AA", "AA==AA==", "AA A", "AA\n=",
        "AA-_",
        "AAé=", "AA=\u{0}", "A.AA",
    ])
    func `a text that is no base64 is refused in either form`(text: String) {
        #expect(decode(text) == nil && decode(text, .padded) == nil)
    }

    @Test func `left-over bits are for the lenient form alone, and absent padding for the canonical one`() {
        #expect(decode("AB==") == nil && decode("AB==", .padded) == [0])
        #expect(decode("AAB=") == nil && decode("AAB=", .padded) == [0, 0])
        #expect(decode("AA") == [0] && decode("AA", .padded) == nil)
    }

    @Test func `a dot is a plus only where it is asked for`() {
        let text = Array("..+/".utf8)[...]
        #expect(Base64.decode(text) == nil)
        #expect(Base64.decode(text, dotForPlus: true) == decode("+++/"))
    }
}

struct HexadecimalTests {
    @Test func `every byte has two lower-case digits and is read in either case`() {
        let bytes = (0...255).map { UInt8($0) }
        let text = Hexadecimal.string(bytes)
        #expect(text.utf8.count == 512 && text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hexadecimal.decode(text.utf8) == bytes)
        #expect(Hexadecimal.decode(text.uppercased().utf8) == bytes)
        #expect(Hexadecimal.decode([]) == [])
    }

    @Test(arguments: ["0", "0g", "g0", " 00", "0x", "00 ", "٠٠", "00\u{0}0"])
    func `anything else is refused`(text: String) {
        #expect(Hexadecimal.decode(text.utf8) == nil)
    }
}

struct PercentEncodingTests {
    @Test func `only unreserved characters stand for themselves, and all comes back`() {
        let text = "aZ09-._~ /?#[]@!$&'()*+,;=%\u{0}é\u{301}"
        let encoded = PercentEncoding.encode(text)
        #expect(encoded.hasPrefix("aZ09-._~%20%2F%3F%23%5B%5D"))
        #expect(encoded.utf8.allSatisfy { $0 == UInt8(ascii: "%") || $0 > 0x2C && $0 < 0x7F })
        for plusIsSpace in [true, false] {
            #expect(PercentEncoding.decode(encoded.utf8, plusIsSpace: plusIsSpace) == Array(text.utf8))
        }
        #expect(PercentEncoding.encode("a-._~/1", plain: .alphanumerics) == "a%2D%2E%5F%7E%2F1")
    }

    @Test(arguments: ["%", "%4", "%zz", "a%", "%4%41", "%%41", "%é"])
    func `a malformed escape is refused, not guessed at`(text: String) {
        #expect(PercentEncoding.decode(text.utf8, plusIsSpace: false) == nil)
        #expect(PercentEncoding.text(text.utf8, plusIsSpace: true) == nil)
    }

    @Test func `text is UTF-8 without zero bytes, and a plus is a space where forms are read`() {
        #expect(PercentEncoding.text("a+b".utf8, plusIsSpace: true) == "a b")
        #expect(PercentEncoding.text("a+b".utf8, plusIsSpace: false) == "a+b")
        for bad in ["%ff", "%00", "a\u{0}", "%c3"] { #expect(PercentEncoding.text(bad.utf8, plusIsSpace: true) == nil) }
    }
}

struct RandomBytesTests {
    @Test func `there are as many as were asked for, and no two draws are alike`() {
        for count in 0..<40 { #expect(RandomBytes.make(count).count == count) }
        #expect(Set((0..<1000).map { _ in RandomBytes.make(16) }).count == 1000)
    }
}

struct ConstantTimeTests {
    @Test func `equal is what has the same length and bytes`() {
        #expect(ConstantTime.equal([1, 2, 3] as [UInt8], [1, 2, 3]))
        #expect(ConstantTime.equal([] as [UInt8], []))
        for other in [[], [1], [1, 2], [1, 2, 4], [0, 2, 3], [1, 2, 3, 0]] as [[UInt8]] {
            #expect(!ConstantTime.equal([1, 2, 3], other))
        }
    }
}
