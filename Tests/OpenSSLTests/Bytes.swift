import LatchkeyBytes

/// Bytes as lower-case hexadecimal, the form in which the RFCs print their vectors.
func hex(_ bytes: [UInt8]) -> String { Hexadecimal.string(bytes) }

/// The UTF-8 bytes of a text.
func bytes(_ text: String) -> [UInt8] {
    Array(text.utf8)
}

/// The bytes of a hexadecimal text, of which all is ignored that is no digit.
func unhex(_ text: String) -> [UInt8] {
    Hexadecimal.decode(text.utf8.filter { Hexadecimal.value(of: $0) != nil }) ?? []
}
