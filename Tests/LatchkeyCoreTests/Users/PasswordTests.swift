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
        #expect(Password(String(repeating: "a", count: 5000)).bytes.count == 5000)
        #expect(Password(String(repeating: "a", count: 1025)).isTooLong)
        #expect(!Password(String(repeating: "a", count: 1024)).isTooLong)
    }
}
