import LatchkeyCore
import Testing

struct PasswordTests {
    @Test func `a password never shows, neither printed nor dumped nor in a string`() {
        let password = Password("correct horse battery staple")
        var dumped = ""
        dump([password], to: &dumped)
        for text in ["\(password)", String(reflecting: password), "\([password])", dumped] {
            #expect(!text.contains("horse"))
            // 28 bytes: not even that.
            #expect(!text.contains("28"))
        }
    }

    @Test func `composed and decomposed letters give the same bytes`() {
        #expect(Password("A\u{30A}ngstro\u{308}m").bytes == Array("Ångström".utf8))
        #expect(Password("\u{FB01}").bytes == Array("\u{FB01}".utf8))
    }

    @Test func `nothing is cut off`() {
        #expect(Password(String(repeating: "a", count: 3072)).bytes.count == 3072)
        #expect(Password(String(repeating: "a", count: 1025)).isTooLong)
        #expect(!Password(String(repeating: "a", count: 1024)).isTooLong)
    }

    @Test func `a text beyond any password is not normalised, and stays too long`() {
        // Quadratic for whoever normalises it: thousands of combining marks in a row.
        let bomb = String(repeating: "\u{301}", count: 15_900) + String(repeating: "\u{316}", count: 15_900)
        for text in [bomb, String(repeating: "a", count: 3073)] {
            #expect(Password(text).isTooLong)
            #expect(Password(text).bytes == Array(text.utf8.prefix(1025)))
        }
    }
}
