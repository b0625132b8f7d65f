import Mustache

/// How a value is written into a page: escaped byte by byte for text and for quoted attributes.
///
/// The library's own HTML form cuts at graphemes: it would leave a quote alone that a combining mark follows, and a
/// browser would end the attribute there.
struct HTMLText: MustacheContentType {
    /// Stands at the head of each template. Parsing fails if the form is not registered.
    static let pragma: String = {
        MustacheContentTypes.register(HTMLText(), named: "LATCHKEY")
        return "{{% CONTENT_TYPE: LATCHKEY}}"
    }()

    func escapeText(_ text: String) -> String { Self.escaped(text) }

    static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += "&amp;".utf8
            case UInt8(ascii: "<"): bytes += "&lt;".utf8
            case UInt8(ascii: ">"): bytes += "&gt;".utf8
            case UInt8(ascii: "\""): bytes += "&quot;".utf8
            case UInt8(ascii: "'"): bytes += "&#39;".utf8
            // A browser would make these one line break.
            case 0x0A: bytes += "&#10;".utf8
            case 0x0D: bytes += "&#13;".utf8
            // HTML has no way to write it.
            case 0x00: bytes += "\u{FFFD}".utf8
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
