/// The base64url alphabet of RFC 4648 section 5 without padding, in its one canonical form.
///
/// Decoding refuses padding, white space, any other alphabet, impossible lengths and non-zero trailing bits: two texts
/// never decode to the same bytes, so a token has no second spelling that a list of revoked tokens would miss.
package enum Base64URL {
    /// The characters' values; 0xFF marks a character outside the alphabet.
    static let values: [UInt8] = {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The encoded form as ASCII bytes.
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return text
    }

    /// The encoded form as text.
    package static func string(_ bytes: [UInt8]) -> String {
        String(decoding: encode(bytes), as: UTF8.self)
    }

    /// Appends the encoded form of `bytes` to `text`.
    package static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        // The space is reserved once, so that no character has to ask for it.
        text.append(addingCapacity: (bytes.count * 4 + 2) / 3) { encode(bytes, to: &$0) }
    }

    private static func encode(_ bytes: [UInt8], to text: inout OutputSpan<UInt8>) {
        let (alphabet, bytes) = (alphabet.span, bytes.span)
        var index = 0
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(alphabet[Int(group >> 18 & 0x3F)])
            text.append(alphabet[Int(group >> 12 & 0x3F)])
            text.append(alphabet[Int(group >> 6 & 0x3F)])
            text.append(alphabet[Int(group & 0x3F)])
            index += 3
        }
        switch bytes.count - index {
        case 1:
            text.append(alphabet[Int(bytes[index] >> 2)])
            text.append(alphabet[Int(bytes[index] & 0x03) << 4])
        case 2:
            text.append(alphabet[Int(bytes[index] >> 2)])
            text.append(alphabet[Int(bytes[index] & 0x03) << 4 | Int(bytes[index + 1] >> 4)])
            text.append(alphabet[Int(bytes[index + 1] & 0x0F) << 2])
        default:
            break
        }
    }

    /// The bytes that `text` encodes; nil unless it is canonical. Empty text encodes no bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var isCanonical = true
        let bytes = [UInt8](room: text.count * 3 / 4) { isCanonical = decode(text.span, to: &$0) }
        return isCanonical ? bytes : nil
    }

    /// - Returns: false unless the text is canonical.
    private static func decode(_ text: Span<UInt8>, to bytes: inout OutputSpan<UInt8>) -> Bool {
        let values = values.span
        // Only the mark of a foreign character has the upper bits set.
        var marks: UInt8 = 0
        var index = 0
        while index + 3 < text.count {
            let (first, second) = (values[Int(text[index])], values[Int(text[index + 1])])
            let (third, fourth) = (values[Int(text[index + 2])], values[Int(text[index + 3])])
            marks |= first | second | third | fourth
            bytes.append(first << 2 | second >> 4)
            bytes.append(second << 4 | third >> 2)
            bytes.append(third << 6 | fourth)
            index += 4
        }
        // The bits of the last character after the last byte must be zero.
        var rest: UInt8 = 0
        if index + 1 < text.count {
            let (first, second) = (values[Int(text[index])], values[Int(text[index + 1])])
            marks |= first | second
            bytes.append(first << 2 | second >> 4)
            rest = second & 0x0F
            if index + 2 < text.count {
                let third = values[Int(text[index + 2])]
                marks |= third
                bytes.append(second << 4 | third >> 2)
                rest = third & 0x03
            }
        }
        return marks < 0x40 && rest == 0
    }

    /// The bytes that `text` encodes; nil unless it is canonical.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        decode(text[...])
    }

    /// The bytes that `text` encodes; nil unless it is canonical.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8)[...])
    }

    /// Whether it is a character of the alphabet.
    static func isCharacter(_ byte: UInt8) -> Bool { values[Int(byte)] != 0xFF }

    /// Whether every byte is a character of the alphabet, whatever the length.
    static func consistsOfAlphabet(_ text: String) -> Bool {
        let (characters, values) = (text.utf8.span, values.span)
        for index in characters.indices where values[Int(characters[index])] == 0xFF { return false }
        return true
    }
}
