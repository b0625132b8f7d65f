/// Protocol text, treated as bytes.
///
/// Swift's `String` cuts at graphemes and compares by canonical equivalence. Both are wrong for text from strangers: a
/// combining mark after a comma swallows the comma, "\r\n" is one character, and U+212A equals the letter K, U+037E the
/// semicolon, U+1FEF the backtick. Code that cuts or compares such text uses these members, or `utf8` directly; no
/// table is keyed by it as `String`.
///
/// ASCII text without those three characters equals nothing but itself, so `==` and `switch` against a word of ours
/// without them give the same result as bytes do.
///
/// Inlinable, because a generic function of another module would get each byte through witness tables.
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

    /// The text with `A` to `Z` in lower case and every other byte unchanged.
    @inlinable
    package var asciiLowercased: String { utf8.asciiLowercased }
}

/// The same for the usual type: from one span of bytes to the other.
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
    /// The lower-case letter of an ASCII capital; any other byte itself.
    @inlinable
    package var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    /// `0` to `9`.
    @inlinable
    package var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
}

extension [UInt8] {
    /// The bytes that `fill` appends, with space reserved once. Inlined, unlike the library's own initialiser, which
    /// looks its type up at run time: that takes three times as long as the allocation.
    @inlinable
    package init(room count: Int, _ fill: (inout OutputSpan<UInt8>) -> Void) {
        self = []
        append(addingCapacity: count, initializingWith: fill)
    }
}
