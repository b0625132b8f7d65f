/// Bytes as lower-case hexadecimal, the form in which the RFCs print their vectors.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}

/// The UTF-8 bytes of a text.
func bytes(_ text: String) -> [UInt8] {
    Array(text.utf8)
}
