import Foundation
import LatchkeyTokens
import TestConditions
import Testing

struct Base64URLTests {
    @Test(arguments: [
        "A", "AAAAA", "Zg==", "Zg=", "Zm8=", "Z g", " Zg", "Zg\n", "Zh", "Zm9", "Zm8+", "Zm8/", "Zm9v.", "Zm\u{0}v",
        "Zmé",
        "ＺｇＺｇ", "____-",
    ])
    func `anything but the canonical spelling is refused`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of RFC 4648 section 10 hold without padding`(plain: String, encoded: String) {
        #expect(Base64URL.string(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `62 and 63 are minus and underscore`() {
        #expect(Base64URL.string([0xFB, 0xFF, 0xFE]) == "-__-")
        #expect(Base64URL.decode("-__-") == [0xFB, 0xFF, 0xFE])
    }

    @Test func `every length agrees with Foundation's base64`() {
        var generator = SeededGenerator(seed: 1)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let foreign = Data(bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            #expect(Base64URL.string(bytes) == foreign)
            #expect(Base64URL.decode(foreign) == bytes)
        }
    }

    @Test func `of the last character only one spelling decodes`() {
        for first in UInt8.min...UInt8.max {
            let text = Array(Base64URL.string([first]).utf8)
            let accepted = (UInt8.min...UInt8.max).filter { Base64URL.decode([text[0], $0]) == [first] }
            #expect(accepted == [text[1]])
        }
    }
}
