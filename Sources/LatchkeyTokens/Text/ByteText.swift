/// Protocol text as what it is: bytes.
///
/// Swift's `String` cuts at graphemes and compares by canonical equivalence. Both are wrong for text that strangers
/// send: a combining mark behind a comma swallows the comma, "\r\n" is one character, and U+212A equals the letter K,
/// U+037E the semicolon, U+1FEF the backtick. Whoever cuts or compares such text does it with these members, or on
/// `utf8` directly; no table is keyed by it as `String`.
///
/// ASCII text without those three characters equals nothing but itself, so `==` and `switch` against a word of ours
/// that has none of them say the same as bytes do.
///
/// Inlinable, since a generic function of another module would ask for each byte through tables of witnesses.
extension StringProtocol {
    /// Whether both texts consist of the same bytes.
    @inlinable
    package func equalsBytes(of other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether the text begins with these bytes.
    @inlinable
    package func beginsWithBytes(of prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }

    /// Whether the text ends with these bytes.
    @inlinable
    package func endsWithBytes(of suffix: some StringProtocol) -> Bool {
        utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// The text with `A` to `Z` in lower case and every other byte as it is.
    @inlinable
    package var asciiLowercased: String { utf8.asciiLowercased }
}

/// The same for the type that nearly all text has: from one span of bytes to the other.
extension String {
    /// Whether both texts consist of the same bytes.
    @inlinable
    package func equalsBytes(of other: String) -> Bool {
        let (bytes, others) = (utf8.span, other.utf8.span)
        guard bytes.count == others.count else { return false }
        for index in bytes.indices where bytes[index] != others[index] { return false }
        return true
    }

    /// Whether the text begins with these bytes.
    @inlinable
    package func beginsWithBytes(of prefix: String) -> Bool {
        let (bytes, others) = (utf8.span, prefix.utf8.span)
        guard bytes.count >= others.count else { return false }
        for index in others.indices where bytes[index] != others[index] { return false }
        return true
    }
}

extension Sequence where Element: StringProtocol {
    /// Whether one of the texts consists of the same bytes.
    @inlinable
    package func containsBytes(of text: some StringProtocol) -> Bool { contains { $0.equalsBytes(of: text) } }
}

extension Sequence<String> {
    /// Whether one of the texts consists of the same bytes.
    @inlinable
    package func containsBytes(of text: String) -> Bool { contains { $0.equalsBytes(of: text) } }
}

extension Collection<UInt8> {
    /// The text of these bytes of UTF-8 with `A` to `Z` in lower case.
    @inlinable
    package var asciiLowercased: String { String(decoding: lazy.map { $0.asciiLowercased }, as: UTF8.self) }

    /// Whether these are the bytes of `word`, `A` to `Z` counting as `a` to `z`. `word` is ours, in lower case.
    @inlinable
    package func equalsIgnoringCase(_ word: String) -> Bool {
        lazy.map { $0.asciiLowercased }.elementsEqual(word.utf8)
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without the spaces and tabs around it, as HTTP's grammar allows them (OWS, RFC 9110 5.6.3).
    @inlinable
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
    @inlinable
    package var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// `0` to `9`.
    @inlinable
    package var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
}

extension [UInt8] {
    /// The bytes that `fill` appends, for which room is made once. Inlined, unlike the library's own initialiser, which
    /// looks its type up at run time: three times as long as taking the memory.
    @inlinable
    package init(room count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) {
        self = []
        append(addingCapacity: count, initializingWith: fill)
    }
}
