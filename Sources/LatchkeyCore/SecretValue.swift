/// A value that must not be seen: conforming to it is all that a type needs to stay out of logs, messages and dumps.
///
/// The text inside stays reachable through the type's own members, which say who may read it.
package protocol SecretValue: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension SecretValue {
    /// Never the secret, not even its length.
    package var description: String { "<redacted>" }
    /// Never the secret, not even its length.
    package var debugDescription: String { "<redacted>" }
    /// Nothing to look into.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Comparison of secrets.
enum ConstantTime {
    /// Whether both are equal, in a time that depends on their lengths only.
    static func equal<Bytes: Collection<UInt8>>(_ left: Bytes, _ right: Bytes) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (a, b) in zip(left, right) { difference |= a ^ b }
        return difference == 0
    }
}
