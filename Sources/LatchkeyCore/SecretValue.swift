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
