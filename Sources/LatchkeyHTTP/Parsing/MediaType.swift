package import HTTPTypes
import LatchkeyTokens

/// The type and the charset of a `Content-Type` header.
package struct MediaType: Sendable, Equatable {
    /// Lower-case `type/subtype`.
    package let essence: String

    /// Nil unless there is exactly one header, its type is two tokens with a slash, and its charset, if given, is
    /// UTF-8.
    package init?(contentTypeOf fields: HTTPFields) {
        let values = fields[values: .contentType]
        guard values.count == 1, let value = values.first, value.utf8.count <= 256 else { return nil }
        if Self.isPlain(value.utf8.span) {
            essence = value
            return
        }
        let parts = value.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map(\.withoutOuterSpace)
        guard let essence = parts.first, Self.isEssence(essence) else { return nil }
        for parameter in parts.dropFirst() {
            guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")),
                parameter[..<equals].withoutOuterSpace.equalsIgnoringCase("charset")
            else { continue }
            guard Self.isUTF8(parameter[parameter.index(after: equals)...].withoutOuterSpace) else { return nil }
        }
        self.essence = essence.asciiLowercased
    }

    /// Whether the text is already an essence, as nearly every client sends it.
    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        var slashes = 0
        for index in text.indices {
            switch text[index] {
            case UInt8(ascii: "/"):
                guard index > 0, index < text.count - 1 else { return false }
                slashes += 1
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): break
            default: return false
            }
        }
        return slashes == 1
    }

    private static func isEssence(_ text: Substring.UTF8View) -> Bool {
        let names = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return names.count == 2 && names.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isTokenCharacter) }
    }

    private static func isUTF8(_ charset: Substring.UTF8View) -> Bool {
        var charset = charset
        let quote = UInt8(ascii: "\"")
        if charset.count >= 2, charset.first == quote, charset.last == quote {
            charset = charset.dropFirst().dropLast()
        }
        return charset.equalsIgnoringCase("utf-8") || charset.equalsIgnoringCase("utf8")
    }
}
