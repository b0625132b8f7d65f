import LatchkeyTokens

/// The spellings of numbers and bytes inside stored hashes, read byte by byte: what came from another system may hold any
/// characters, and Swift's would let a combining mark swallow a delimiter.
enum HashText {
    /// The parts between `delimiter`s, empty ones too.
    static func parts(_ text: ArraySlice<UInt8>, at delimiter: Character = "$") -> [ArraySlice<UInt8>] {
        text.split(separator: delimiter.asciiValue ?? 0, omittingEmptySubsequences: false)
    }

    /// What follows `label`; nil when the text begins with something else.
    static func rest(of text: ArraySlice<UInt8>, after label: String) -> ArraySlice<UInt8>? {
        text.starts(with: label.utf8) ? text.dropFirst(label.utf8.count) : nil
    }

    /// Bytes in base64, `+` and `/`, with or without padding. Nil for anything else, left-over bits too: such a text was
    /// damaged.
    ///
    /// - Parameter dotForPlus: passlib writes `.` where base64 has `+`; both are read then.
    static func base64(_ padded: ArraySlice<UInt8>, dotForPlus: Bool = false) -> [UInt8]? {
        var text = padded
        while text.last == UInt8(ascii: "="), padded.count - text.count < 2 { text.removeLast() }
        guard text.count == padded.count || padded.count % 4 == 0 else { return nil }
        var translated: [UInt8] = []
        translated.reserveCapacity(text.count)
        for character in text {
            switch character {
            case UInt8(ascii: "+"): translated.append(UInt8(ascii: "-"))
            case UInt8(ascii: ".") where dotForPlus: translated.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): translated.append(UInt8(ascii: "_"))
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: translated.append(character)
            }
        }
        return Base64URL.decode(translated)
    }

    /// Bytes as pairs of hexadecimal digits.
    static func hexadecimal(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count % 2 == 0 else { return nil }
        let values = text.compactMap(hexadecimalValue)
        guard values.count == text.count else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// Decimal numbers: digits only, no sign, no leading zero, at most nine of them.
enum DecimalField {
    static func value(_ field: ArraySlice<UInt8>, after label: String = "") -> Int? {
        guard let digits = HashText.rest(of: field, after: label), (1...9).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.first != UInt8(ascii: "0") || digits.count == 1
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    static func value(_ field: some StringProtocol) -> Int? { value(Array(field.utf8)[...]) }
}
