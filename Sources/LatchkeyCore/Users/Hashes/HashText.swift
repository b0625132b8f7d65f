/// Reads numbers and bytes inside stored hashes, byte by byte: text from another system may hold any characters, and
/// Swift's Character would let a combining mark swallow a delimiter.
enum HashText {
    /// The parts between `delimiter`s, including empty ones.
    static func parts(_ text: ArraySlice<UInt8>, at delimiter: Character = "$") -> [ArraySlice<UInt8>] {
        text.split(separator: delimiter.asciiValue ?? 0, omittingEmptySubsequences: false)
    }

    /// The text after `label`; nil when the text begins with something else.
    static func rest(of text: ArraySlice<UInt8>, after label: String) -> ArraySlice<UInt8>? {
        text.starts(with: label.utf8) ? text.dropFirst(label.utf8.count) : nil
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
