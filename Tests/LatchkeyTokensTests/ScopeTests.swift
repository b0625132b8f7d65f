import LatchkeyTokens
import Testing

struct ScopeTests {
    @Test(arguments: [
        " ", " a", "a ", "a  b", "a\tb", "a\nb", "a\"b", "a\\b", "ä", "a\u{7F}", "a\0", "K \u{212A}",
        String(repeating: "a", count: 1025),
        (0..<65).map { "s\($0)" }.joined(separator: " "),
    ])
    func `text outside the grammar or the caps is refused`(text: String) {
        #expect(Scope(text) == nil)
    }

    @Test(arguments: ["a b", "", "a\"b"]) func `a token with a space, none or a quote is refused`(token: String) {
        #expect(Scope(tokens: ["ok", token]) == nil)
    }

    @Test func `tokens keep their order and count once`() throws {
        let scope = try #require(Scope("openid latchkey:account openid email !"))
        #expect(scope.tokens == ["openid", "latchkey:account", "email", "!"])
        #expect(scope.description == "openid latchkey:account email !")
        #expect(scope.contains(Scope.latchkeyAccount))
        #expect(!scope.contains("OPENID"))
    }

    @Test func `empty text is the empty scope`() throws {
        let empty = try #require(Scope(""))
        #expect(empty.isEmpty)
        #expect(empty == Scope())
        #expect(empty.description.isEmpty)
        #expect(empty.isSubset(of: empty))
    }

    @Test func `64 tokens and 1024 bytes are accepted`() throws {
        #expect(Scope((0..<64).map { "s\($0)" }.joined(separator: " "))?.tokens.count == 64)
        #expect(Scope(String(repeating: "a", count: 1024)) != nil)
    }

    @Test func `set operations keep the order of the left side`() throws {
        let (wide, narrow) = (try #require(Scope("c b a")), try #require(Scope("a c")))
        #expect(narrow.isSubset(of: wide))
        #expect(!wide.isSubset(of: narrow))
        #expect(wide.intersection(narrow).description == "c a")
        #expect(wide.subtracting(narrow).description == "b")
        #expect(wide.filter { $0 != "c" }.description == "b a")
    }
}
