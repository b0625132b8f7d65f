/// Protocol text as what it is: bytes.
///
/// Swift's `String` cuts at graphemes and compares by canonical equivalence. Both are wrong for text that strangers
/// send: a combining mark behind a comma swallows the comma, "\r\n" is one character, and U+212A equals the letter K,
/// U+037E the semicolon, U+1FEF the backtick. Whoever cuts or compares such text does it with these members, or on
/// `utf8` directly; no table is keyed by it as `String`.
///
/// ASCII text without those three characters equals nothing but itself, so `==` and `switch` against a word of ours
/// that has none of them say the same as bytes do.
extension StringProtocol {
    /// Whether both texts consist of the same bytes.
    package func equalsBytes(of other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the text begins with these bytes.
    package func beginsWithBytes(of prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Whether the text ends with these bytes.
    package func endsWithBytes(of suffix: some StringProtocol) -> Bool {
        utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The text with `A` to `Z` in lower case and every other byte as it is.
    package var asciiLowercased: String { utf8.asciiLowercased }
}

extension Sequence where Element: StringProtocol {
    /// Whether one of the texts consists of the same bytes.
    package func containsBytes(of text: some StringProtocol) -> Bool { contains { $0.equalsBytes(of: text) } }
}

extension Collection<UInt8> {
    /// The text of these bytes of UTF-8 with `A` to `Z` in lower case.
    package var asciiLowercased: String { String(decoding: lazy.map { $0.asciiLowercased }, as: UTF8.self) }

    /// Whether these are the bytes of `word`, `A` to `Z` counting as `a` to `z`. `word` is ours, in lower case.
    package func equalsIgnoringCase(_ word: String) -> Bool {
        lazy.map { $0.asciiLowercased }.elementsEqual(word.utf8)
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without the spaces and tabs around it, as HTTP's grammar allows them (OWS, RFC 9110 5.6.3).
    package var withoutOuterSpace: SubSequence {
        let isText = { (byte: UInt8) in byte != 0x20 && byte != 0x09 }
        guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}

extension UInt8 {
    /// The small letter of a capital of ASCII; any other byte itself.
    package var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// `0` to `9`.
    package var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
}
