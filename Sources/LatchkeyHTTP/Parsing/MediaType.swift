package import HTTPTypes

/// The type and the charset of a `Content-Type` header.
package struct MediaType: Sendable, Equatable {
    /// Lower-case `type/subtype`.
    package let essence: String

    /// Nil unless there is exactly one header whose charset, when given, is UTF-8.
    package init?(contentTypeOf fields: HTTPFields) {
        let values = fields[values: .contentType]
        guard values.count == 1, let value = values.first, value.utf8.count <= 256 else { return nil }
        if Self.isPlain(value.utf8) {
            essence = value
            return
        }
        let parts = value.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
        guard let essence = parts.first?.lowercased(), essence.split(separator: "/").count == 2 else { return nil }
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].lowercased() == "charset" else { continue }
            let charset = pair[1].filter { $0 != "\"" }.lowercased()
            guard charset == "utf-8" || charset == "utf8" else { return nil }
        }
        self.essence = essence
    }

    /// Whether the text is an essence already, which is what nearly every client sends.
    private static func isPlain(_ text: String.UTF8View) -> Bool {
        var slashes = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "/"): slashes += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): break
            default: return false
            }
        }
        return slashes == 1 && text.first != UInt8(ascii: "/") && text.last != UInt8(ascii: "/")
    }
}

extension StringProtocol {
    /// Without the spaces and tabs around it, as HTTP's grammar allows them (OWS).
    var trimmed: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let head = self.drop(while: isSpace)
        let tail = head.reversed().prefix(while: isSpace).count
        return String(head.dropLast(tail))
    }
}
