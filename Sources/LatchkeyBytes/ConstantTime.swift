/// Comparison of secrets.
package enum ConstantTime {
    /// Whether both are equal, in a time that depends on their lengths only.
    @inlinable
    package static func equal<Bytes: Collection<UInt8>>(_ left: Bytes, _ right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }
}
