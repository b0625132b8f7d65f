/// The base64url alphabet of RFC 4648 section 5 without padding, in its one canonical form.
///
/// Decoding refuses padding, white space, any other alphabet, impossible lengths and non-zero trailing bits: two texts
/// never decode to the same bytes, so a token has no second spelling that a list of revoked tokens would miss.
package enum Base64URL {
    /// The characters' values; 0xFF marks what does not belong to the alphabet.
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
        let alphabet = alphabet
        text.reserveCapacity(text.count + (bytes.count * 4 + 2) / 3)
        var index = 0
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            text.append(alphabet[Int(group >> 18)])
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

    /// The bytes that `text` stands for; nil unless it is canonical. Empty text stands for no bytes.
    package static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let length = text.count
        guard length % 4 != 1 else { return nil }
        let values = values
        var bytes = [UInt8](repeating: 0, count: length * 3 / 4)
        var input = text.startIndex
        var output = 0
        while output + 2 < bytes.count {
            let first = values[Int(text[input])]
            let second = values[Int(text[input + 1])]
            let third = values[Int(text[input + 2])]
            let fourth = values[Int(text[input + 3])]
            // Only the mark of a foreign character has the upper bits.
            guard first | second | third | fourth < 0x40 else { return nil }
            bytes[output] = first << 2 | second >> 4
            bytes[output + 1] = second << 4 | third >> 2
            bytes[output + 2] = third << 6 | fourth
            input += 4
            output += 3
        }
        return decodeTail(text[input...], values: values, into: &bytes, at: output) ? bytes : nil
    }

    /// Decodes the last one or two bytes; false unless the text is canonical.
    private static func decodeTail(
        _ text: ArraySlice<UInt8>, values: [UInt8], into bytes: inout [UInt8], at output: Int
    ) -> Bool {
        guard text.count >= 2 else { return text.isEmpty }
        let first = values[Int(text[text.startIndex])]
        let second = values[Int(text[text.startIndex + 1])]
        guard first | second < 0x40 else { return false }
        bytes[output] = first << 2 | second >> 4
        if text.count == 2 { return second & 0x0F == 0 }
        let third = values[Int(text[text.startIndex + 2])]
        guard third < 0x40 else { return false }
        bytes[output + 1] = second << 4 | third >> 2
        return third & 0x03 == 0
    }

    /// The bytes that `text` stands for; nil unless it is canonical.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        decode(text[...])
    }

    /// The bytes that `text` stands for; nil unless it is canonical.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8)[...])
    }

    /// Whether every byte is a character of the alphabet, whatever the length means.
    static func consistsOfAlphabet(_ text: some Sequence<UInt8>) -> Bool {
        let values = values
        return text.allSatisfy { values[Int($0)] != 0xFF }
    }
}
