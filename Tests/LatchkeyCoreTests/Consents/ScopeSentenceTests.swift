import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// What the operator says about scopes.
struct ScopeSentenceTests {
    @Test func `a scope and its sentence are read, with all that follows the first equals sign`() throws {
        let sentence = try #require(ScopeSentence("orders:read=See your orders, a=b"))
        #expect(sentence.scope == "orders:read" && sentence.text == "See your orders, a=b")
    }

    @Test(arguments: [
        "", "orders:read", "orders:read=", "=See your orders", "orders read=See your orders", "orders:read= See",
        "orders:read=See ", "orders:read=See\nall", "orders:read=See \u{202E}all", "ö=See your orders",
        "orders:read=" + String(repeating: "a", count: 201), "openid=Who you are", "profile=a", "email=a",
        "address=a", "phone=a", "offline_access=a", "latchkey:account=a", "latchkey:admin=a",
    ])
    func `anything else is refused, and so are scopes that have words of their own`(text: String) {
        #expect(ScopeSentence(text) == nil)
    }

    private func sentences() throws -> ScopeSentences {
        ScopeSentences([
            ("en", [try #require(ScopeSentence("a=A in English")), try #require(ScopeSentence("b=B in English"))]),
            ("de", [try #require(ScopeSentence("a=A auf Deutsch")), try #require(ScopeSentence("c=C auf Deutsch"))]),
        ])
    }

    @Test func `the sentence of another language is better than none`() throws {
        let sentences = try sentences()
        #expect(sentences.sentence(for: "a", in: "de") == "A auf Deutsch")
        #expect(sentences.sentence(for: "a", in: "en") == "A in English")
        #expect(sentences.sentence(for: "b", in: "de") == "B in English")
        #expect(sentences.sentence(for: "c", in: "en") == "C auf Deutsch")
        #expect(sentences.sentence(for: "d", in: "en") == nil)
        #expect(sentences.sentence(for: "A", in: "en") == nil)
        #expect(ScopeSentences().sentence(for: "a", in: "en") == nil)
    }

    @Test func `what nobody has put into words, or into one of the languages, is named`() throws {
        let sentences = try sentences()
        let scope = try #require(Scope("openid profile offline_access latchkey:account a d latchkey:events c"))
        #expect(sentences.missing(in: scope) == ["d", "latchkey:events"])
        #expect(sentences.untranslated(in: "en") == ["c"] && sentences.untranslated(in: "de") == ["b"])
    }
}
