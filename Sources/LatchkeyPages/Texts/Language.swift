import LatchkeyHTTP
import LatchkeyTokens

/// A language that pages speak. The raw value is its tag (RFC 5646).
package enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case german = "de"

    /// Its own name for itself.
    var name: String {
        switch self {
        case .english: "English"
        case .german: "Deutsch"
        }
    }

    /// The language of a tag: its primary subtag decides, without regard to case. Nil for other languages and for
    /// what is no tag.
    package init?(tag: String) { self.init(tag: tag.utf8[...]) }

    init?(tag: Substring.UTF8View) {
        guard (1...Self.longestTag).contains(tag.count), tag.allSatisfy(Self.isTagCharacter) else { return nil }
        let primary = tag.prefix { $0 != UInt8(ascii: "-") }
        guard let match = Self.allCases.first(where: { primary.equalsIgnoringCase($0.rawValue) }) else { return nil }
        self = match
    }

    /// The first of these that says one of our languages.
    /// - Parameters:
    ///   - request: `ui_locales` of the request, in its order (OpenID Connect Core 3.1.2.1).
    ///   - preferred: what the person chose before: the profile's locale, or a cookie.
    ///   - acceptLanguage: the lines of `Accept-Language`.
    package static func chosen(
        request: [String], preferred: String? = nil, acceptLanguage: [String], standard: Language
    ) -> Language {
        for tag in request.prefix(mostTags) {
            if let language = Language(tag: tag) { return language }
        }
        if let preferred, let language = Language(tag: preferred) { return language }
        return accepted(acceptLanguage) ?? standard
    }

    /// The best of `Accept-Language` (RFC 9110 12.5.4): the highest weight, of equal ones the first. Elements that do
    /// not follow the grammar, and all after the sixteenth, do not count.
    static func accepted(_ lines: [String]) -> Language? {
        var best: (language: Language, weight: Int)?
        var count = 0
        for line in lines {
            guard line.utf8.count <= longestLine else { continue }
            for element in line.utf8.split(separator: UInt8(ascii: ",")) {
                count += 1
                guard count <= mostTags else { return best?.language }
                guard let (language, weight) = choice(element), weight > best?.weight ?? 0 else { continue }
                best = (language, weight)
            }
        }
        return best?.language
    }

    private static func choice(_ element: Substring.UTF8View) -> (Language, Int)? {
        let parts = element.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map(\.withoutOuterSpace)
        guard parts.count <= 2, let language = Language(tag: parts[0]) else { return nil }
        guard parts.count == 2 else { return (language, 1000) }
        guard parts[1].prefix(2).equalsIgnoringCase("q="), let weight = thousandths(parts[1].dropFirst(2)) else {
            return nil
        }
        return (language, weight)
    }

    /// `qvalue` of RFC 9110 12.4.2: `0` or `1` with at most three decimals.
    private static func thousandths(_ text: Substring.UTF8View) -> Int? {
        guard let first = text.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1") else { return nil }
        let rest = text.dropFirst()
        guard !rest.isEmpty else { return first == UInt8(ascii: "1") ? 1000 : 0 }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: "."), digits.count <= 3, digits.allSatisfy(\.isASCIIDigit) else { return nil }
        var weight = first == UInt8(ascii: "1") ? 1 : 0
        for place in 0..<3 {
            let digit = digits.dropFirst(place).first ?? UInt8(ascii: "0")
            weight = weight * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return weight <= 1000 ? weight : nil
    }

    private static func isTagCharacter(_ byte: UInt8) -> Bool {
        byte.isASCIIDigit || byte == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static let longestTag = 35
    private static let longestLine = 1024
    private static let mostTags = 16
}

/// The query of a page with another language.
enum LanguageQuery {
    static let name = "ui_locales"

    /// The query with our languages' parameter replaced and every other byte kept. Names are compared as they are
    /// written: a parameter with an escaped name stays, and the page says that it is given twice.
    static func replaced(in query: String?, by language: Language) -> String {
        let own = "\(name)=\(language.rawValue)"
        let others = (query ?? "").utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true)
            .filter { pair in !pair.prefix { $0 != UInt8(ascii: "=") }.elementsEqual(name.utf8) }
        return (others.map { String(Substring($0)) } + [own]).joined(separator: "&")
    }
}
