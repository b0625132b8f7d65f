import LatchkeyCore
import Testing

struct EmailAddressTests {
    @Test(arguments: [
        "", "@", "ada", "ada@", "@example.com", "ada@@example.com", "ada@b@example.com", "ada @example.com",
        " ada@example.com", "ada@example.com ", "ada@example.com\n", "ada@exam\u{0}ple.com", "ada\u{85}@example.com",
        "ada@example..com", "ada@.example.com", "ada@example.com.", ".ada@example.com", "ada.@example.com",
        "a..b@example.com", "ada@-example.com", "ada@example-.com", "ada@exa_mple.com", "ada@[127.0.0.1]",
        #""ada"@example.com"#, "ada(comment)@example.com", "Ada <ada@example.com>", "<ada@example.com>",
        "ada@example.com,eve@example.com", "ada@example.com;eve", "ada@example.com\r\nBcc: eve@example.com",
        "<script>alert(1)</script>@example.com", #"ada@example.com"onload=""#, "ada\\@example.com",
        "ada@example.com/path", "mailto:ada@example.com@x", "ada\u{FF20}example.com", "ada@example\u{3002}com",
        // Invisible, reversed, and what another script draws as a space.
        "a\u{200B}da@example.com", "ada@exam\u{AD}ple.com", "\u{202E}ada@example.com", "a\u{3000}da@example.com",
        "a\u{3164}da@example.com", "a\u{2028}da@example.com", "ada@exam\u{00A0}ple.com",
        // What turns into an at sign, a dot or a slash only when it is compared.
        "ada\u{FE6B}x@example.com", "ada@a\u{2024}b", "ada\u{2100}@example.com",
        String(repeating: "a", count: 65) + "@example.com", "a@" + String(repeating: "b", count: 64) + ".com",
        "a@" + String(repeating: "b.", count: 126) + "com", String(repeating: "\u{FDFA}", count: 20) + "@example.com",
    ])
    func `what is not one plain address is refused`(text: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try EmailAddress(text) }
    }

    @Test func `an address of a megabyte is refused, and no refusal quotes the address`() throws {
        let long = String(repeating: "zzyzx", count: 200_000) + "@example.com"
        for text in [long, "zzyzx@@example.com"] {
            let refusal = #expect(throws: Refusal.self) { try EmailAddress(text) }
            #expect(try #require(refusal).detail.contains("zzyzx") == false)
        }
    }

    @Test(arguments: [
        "ada@example.com", "a@b", "ada.lovelace+latchkey@sub.example.co.uk", "o'brien@example.ie",
        "!#$%&*/=?^`{|}~@example.com", "用户@例子.测试", "jörg@müller.example", "root@localhost", "a@1.2",
        String(repeating: "a", count: 64) + "@" + String(repeating: "b", count: 63) + ".example",
    ])
    func `addresses of all scripts are accepted and kept as written`(text: String) throws {
        let address = try EmailAddress(text)
        #expect(Array(address.text.utf8) == Array(text.utf8))
    }

    @Test(arguments: [
        ("Ada@Example.COM", "ada@example.com"), ("JÖRG@müller.example", "jo\u{308}rg@MU\u{308}LLER.example"),
        ("straße@example.com", "STRASSE@example.com"), ("ＡＤＡ@example.com", "ada@example.com"),
        ("K@example.com", "k@example.com"),
    ])
    func `addresses are compared as names are`(one: String, other: String) throws {
        #expect(try EmailAddress(one).comparisonForm == EmailAddress(other).comparisonForm)
    }

    @Test func `two spellings of one text are kept as one`() throws {
        let composed = try EmailAddress("jörg@example.com")
        let decomposed = try EmailAddress("jo\u{308}rg@example.com")
        #expect(composed == decomposed)
        #expect(Array(decomposed.text.utf8) == Array("jörg@example.com".utf8))
        #expect(try EmailAddress("Ada@example.com") != EmailAddress("ada@example.com"))
    }
}
