/// Comparison of secrets.
package enum ConstantTime {
    /// Whether both are equal, in a time that depends only on their lengths.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool { equal(left.span, right.span) }

    /// The same for borrowed bytes. A function of this one type: if the type of the bytes is looked up for each of
    /// them, a comparison takes a hundred times as long.
    package static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
