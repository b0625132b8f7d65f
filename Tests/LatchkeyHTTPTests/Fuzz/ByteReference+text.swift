extension ByteReference {
    // MARK: Forms

    /// Percent-decoding of a form; nil for a bad escape, NUL, or what is no UTF-8.
    private static func decoded(_ text: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x25:
                guard index + 2 < text.count, let high = hexadecimal(text[index + 1]),
                    let low = hexadecimal(text[index + 2])
                else { return nil }
                result.append(UInt8(high * 16 + low))
                index += 3
            case 0x2B:
                result.append(0x20)
                index += 1
            default:
                result.append(text[index])
                index += 1
            }
        }
        return result.contains(0) || !isUTF8(result) ? nil : result
    }

    static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte) - 0x30
        case 0x41...0x46: Int(byte) - 0x41 + 10
        case 0x61...0x66: Int(byte) - 0x61 + 10
        default: nil
        }
    }

    /// Names and values in order; nil when the form is refused. `role` may repeat.
    static func form(_ text: [UInt8]) -> [(name: [UInt8], value: [UInt8])]? {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for piece in cut(text, at: "&") where !piece.isEmpty {
            let equals = piece.firstIndex(of: 0x3D) ?? piece.count
            guard pairs.count < 64, let name = decoded(Array(piece[..<equals])),
                let value = decoded(Array(piece[equals...].dropFirst())),
                name == bytes("role") || !pairs.contains(where: { $0.name == name })
            else { return nil }
            pairs.append((name, value))
        }
        return pairs
    }

    // MARK: JSON

    /// The members of an object whose values are strings, nothing between the tokens; nil for anything else.
    static func members(_ text: [UInt8]) -> [(name: [UInt8], value: [UInt8])]? {
        var members: [(name: [UInt8], value: [UInt8])] = []
        var rest = text[...]
        guard rest.popFirst() == 0x7B else { return nil }
        while true {
            guard let name = string(&rest), rest.popFirst() == 0x3A, let value = string(&rest),
                !members.contains(where: { $0.name == name })
            else { return nil }
            members.append((name, value))
            switch rest.popFirst() {
            case 0x2C: continue
            case 0x7D: return rest.isEmpty ? members : nil
            default: return nil
            }
        }
    }

    private static func string(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.popFirst() == 0x22 else { return nil }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case 0x22: return isUTF8(text) ? text : nil
            case 0x00...0x1F: return nil
            case 0x5C:
                guard let escaped = escape(&rest) else { return nil }
                text += escaped
            default: text.append(byte)
            }
        }
        return nil
    }

    private static func escape(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard let letter = rest.popFirst() else { return nil }
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
        ]
        if let byte = plain[letter] { return [byte] }
        guard letter == 0x75, var code = fourDigits(&rest) else { return nil }
        if (0xD800...0xDBFF).contains(code) {
            guard rest.popFirst() == 0x5C, rest.popFirst() == 0x75, let low = fourDigits(&rest),
                (0xDC00...0xDFFF).contains(low)
            else { return nil }
            code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)
        }
        guard code != 0, !(0xDC00...0xDFFF).contains(code) else { return nil }
        return encoded(code)
    }

    private static func fourDigits(_ rest: inout ArraySlice<UInt8>) -> Int? {
        var code = 0
        for _ in 0..<4 {
            guard let digit = rest.popFirst().flatMap(hexadecimal) else { return nil }
            code = code * 16 + digit
        }
        return code
    }

    /// A code point in UTF-8.
    private static func encoded(_ code: Int) -> [UInt8] {
        switch code {
        case 0..<0x80: [UInt8(code)]
        case 0x80..<0x800: [UInt8(0xC0 + code / 64), UInt8(0x80 + code % 64)]
        case 0x800..<0x10000: [UInt8(0xE0 + code / 4096), UInt8(0x80 + code / 64 % 64), UInt8(0x80 + code % 64)]
        default:
            [
                UInt8(0xF0 + code / 262_144), UInt8(0x80 + code / 4096 % 64), UInt8(0x80 + code / 64 % 64),
                UInt8(0x80 + code % 64),
            ]
        }
    }

    // MARK: Names and tokens

    /// Whether text, which is UTF-8, has a character that no name may have: controls, separators of lines, turners of
    /// the direction of writing.
    static func hasControl(_ text: [UInt8]) -> Bool {
        for (index, byte) in text.enumerated() {
            let two = Array(text[index...].prefix(2))
            let three = Array(text[index...].prefix(3))
            if byte < 0x20 || byte == 0x7F { return true }
            if two.count == 2, two[0] == 0xC2, (0x80...0x9F).contains(two[1]) { return true }
            if two == [0xD8, 0x9C] { return true }
            guard three.count == 3, three[0] == 0xE2 else { continue }
            // U+2028, U+2029; U+200E, U+200F, U+202A to U+202E; U+2066 to U+2069.
            if three[1] == 0x80, [0xA8, 0xA9, 0x8E, 0x8F, 0xAA, 0xAB, 0xAC, 0xAD, 0xAE].contains(three[2]) {
                return true
            }
            if three[1] == 0x81, (0xA6...0xA9).contains(three[2]) { return true }
        }
        return false
    }

    static func codePoints(_ text: [UInt8]) -> Int { text.count { $0 & 0xC0 != 0x80 } }

    /// The tokens of a scope; nil when it is none.
    static func scope(_ text: [UInt8]) -> [[UInt8]]? {
        guard text.count <= 1024 else { return nil }
        var tokens: [[UInt8]] = []
        for token in text.isEmpty ? [] : cut(text, at: " ") {
            guard !token.isEmpty, token.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
                return nil
            }
            if !tokens.contains(token) { tokens.append(token) }
        }
        return tokens.count <= 64 ? tokens : nil
    }

    /// The bytes behind base64url; nil unless it is the only spelling of them.
    static func base64URL(_ text: [UInt8]) -> [UInt8]? {
        let alphabet = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        var bits: [Int] = []
        for byte in text {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            for place in stride(from: 5, through: 0, by: -1) { bits.append(value >> place & 1) }
        }
        let spare = bits.count % 8
        guard spare < 6, bits.suffix(spare).allSatisfy({ $0 == 0 }) else { return nil }
        let whole = bits.dropLast(spare)
        return stride(from: 0, to: whole.count, by: 8).map { start in
            UInt8(whole[start..<(start + 8)].reduce(0) { $0 * 2 + $1 })
        }
    }

    /// Whether the text is `host:port` of a listen address.
    static func hasListenForm(_ text: [UInt8]) -> Bool {
        guard let colon = text.lastIndex(of: 0x3A) else { return false }
        let digits = Array(text[(colon + 1)...])
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            digits.reduce(0, { min($0 * 10 + Int($1) - 0x30, 100_000) }) <= 65535
        else { return false }
        let host = Array(text[..<colon])
        guard !host.isEmpty, host.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        guard host.first == 0x5B, host.last == 0x5D else { return !host.contains(0x3A) }
        let inner = Array(host.dropFirst().dropLast())
        return inner.contains(0x3A) && address(inner) != nil
    }
}
