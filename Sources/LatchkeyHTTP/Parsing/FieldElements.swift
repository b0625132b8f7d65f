import LatchkeyTokens

/// A header field that is a list (RFC 9110 5.6.1), split by bytes.
enum FieldElements {
    /// The elements of all lines in order, without the space around them; empty ones do not count.
    static func split(_ lines: [String], at separator: UInt8) -> [Substring.UTF8View] {
        lines.flatMap { line in
            line.utf8.split(separator: separator).map(\.withoutOuterSpace).filter { !$0.isEmpty }
        }
    }

    /// The pieces of a line whose quoted strings (RFC 9110 5.6.4) may contain the separator, without the space around
    /// them; empty ones do not count. nil stands for the rest before a quote that was never opened: it can be anything.
    ///
    /// Read from the right. A proxy appends to what a client sent, so a quote that the client opened and never closed
    /// would otherwise swallow the proxy's own element.
    static func splitFromRight(_ text: Substring.UTF8View, at separator: UInt8) -> [Substring.UTF8View?] {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var pieces: [Substring.UTF8View?] = []
        var end = text.endIndex
        var isQuoted = false
        var index = text.endIndex
        while index > text.startIndex {
            index = text.index(before: index)
            switch text[index] {
            case quote where isQuoted:
                // Behind an odd number of backslashes it belongs to the string.
                isQuoted = text[..<index].reversed().prefix { $0 == backslash }.count % 2 != 0
            case quote:
                isQuoted = true
            case separator where !isQuoted:
                pieces.append(text[text.index(after: index)..<end])
                end = index
            default: break
            }
        }
        pieces.append(isQuoted ? nil : text[..<end])
        return pieces.reversed().map { $0?.withoutOuterSpace }.filter { $0.map { !$0.isEmpty } ?? true }
    }
}

extension UInt8 {
    /// `tchar` of RFC 9110 5.6.2.
    var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
