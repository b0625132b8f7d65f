import LatchkeyBytes
package import LatchkeyCore

/// The path and query of a request after validation. A path has only one spelling: everything that could be read as
/// another path (dot segments, empty segments, encoded slashes) is refused instead of normalised, so that no proxy in
/// front and no router behind can disagree with us about the route.
package struct RequestTarget: Sendable, Equatable {
    /// Begins with a slash; still percent-encoded.
    package let path: String
    /// The text after the first question mark; nil when there is none.
    package let query: String?

    /// Validates the request line's target. Absolute form, authority form and `*` are refused, because this server is
    /// not a proxy.
    /// - Throws: `Refusal` `.invalidRequest`, or `.headersTooLarge` above `maxBytes`.
    package init(_ text: String, maxBytes: Int = TransportLimits().maxTargetBytes) throws(Refusal) {
        guard text.utf8.count <= maxBytes else {
            throw Refusal(.headersTooLarge, "The request target is too long.")
        }
        guard text.utf8.first == UInt8(ascii: "/") else {
            throw Refusal(.invalidRequest, "The request target must be a path that begins with a slash.")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw Refusal(.invalidRequest, "The request target contains a character that must be percent-encoded.")
        }
        if let mark = text.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(text[..<mark])
            query = String(text[text.utf8.index(after: mark)...])
        } else {
            path = text
            query = nil
        }
        guard Self.isPlain(path) || Self.isCanonical(path) else {
            throw Refusal(.invalidRequest, "The path has an empty, dot or ambiguously encoded segment.")
        }
    }

    /// Whether nothing needs a closer look: no escape, no backslash, no segment that is empty or begins with a dot.
    /// True for nearly every request.
    private static func isPlain(_ path: String) -> Bool {
        let bytes = path.utf8.span
        var isStart = false
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "/") where isStart, UInt8(ascii: ".") where isStart: return false
            case UInt8(ascii: "/"): isStart = true
            case UInt8(ascii: "%"), UInt8(ascii: "\\"): return false
            default: isStart = false
            }
        }
        return true
    }

    private static func isCanonical(_ path: String) -> Bool {
        let segments = path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            // A trailing slash is part of a path like any other; it just names no route.
            if segment.isEmpty, index < segments.count - 1 { return false }
            if segment.contains(UInt8(ascii: "\\")) { return false }
            guard segment.contains(UInt8(ascii: "%")) else {
                if isDots(segment) { return false }
                continue
            }
            guard let bytes = PercentEncoding.decode(segment, plusIsSpace: false), !isDots(bytes),
                !bytes.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
            else { return false }
        }
        return true
    }

    private static func isDots(_ segment: some Collection<UInt8>) -> Bool {
        segment.count <= 2 && !segment.isEmpty && segment.allSatisfy { $0 == UInt8(ascii: ".") }
    }
}
