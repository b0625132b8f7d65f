/// Base64 with `+` and `/` (RFC 4648 section 4).
package enum Base64 {
    /// What a reader requires of a text beyond the alphabet.
    package enum Form: Sendable {
        /// One text for the same bytes, except for the padding, which is complete or absent: no left-over bits.
        case canonical
        /// Padded; left-over bits are ignored.
        case padded
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of `bytes`.
    /// - Parameter padded: with `=` up to a multiple of four characters.
    package static func encode(_ bytes: [UInt8], padded: Bool) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer = 0
        var bits = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[buffer >> bits & 63])
            }
        }
        if bits > 0 { text.append(alphabet[buffer << (6 - bits) & 63]) }
        while padded, text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return text
    }

    /// The same as text.
    package static func string(_ bytes: [UInt8], padded: Bool) -> String {
        String(decoding: encode(bytes, padded: padded), as: UTF8.self)
    }

    /// The bytes that `text` encodes; nil for a character outside of the alphabet, for an impossible length, for
    /// padding that does not fill exactly the last group of four, and for anything that `form` does not allow.
    /// - Parameter dotForPlus: reads `.` like `+`, as passlib writes it.
    package static func decode(
        _ padded: ArraySlice<UInt8>, form: Form = .canonical, dotForPlus: Bool = false
    ) -> [UInt8]? {
        var text = padded
        while text.last == UInt8(ascii: "="), padded.count - text.count < 2 { text.removeLast() }
        let isWhole = padded.count % 4 == 0
        guard text.count % 4 != 1, isWhole || form == .canonical && text.count == padded.count else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var buffer = 0
        var bits = 0
        for character in text {
            guard let value = value(of: character, dotForPlus) else { return nil }
            buffer = (buffer << 6 | value) & 0xFFFF
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        guard form == .padded || buffer & (1 << bits - 1) == 0 else { return nil }
        return bytes
    }

    private static func value(of character: UInt8, _ dotForPlus: Bool) -> Int? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: ".") where dotForPlus: 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
