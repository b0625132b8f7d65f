import LatchkeyTokens

/// A header field that is a list (RFC 9110 5.6.1), cut by bytes.
///
/// Quotes are not looked at. Where a proxy appends to what a client sent, a quote that the client opened and never
/// closed would otherwise swallow the proxy's own element.
enum FieldElements {
    /// The elements of all lines in order, without the space around them; empty ones do not count.
    static func split(_ lines: [String], at separator: UInt8) -> [Substring.UTF8View] {
        lines.flatMap { line in
            line.utf8.split(separator: separator).map(\.withoutOuterSpace).filter { !$0.isEmpty }
        }
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
