/// A value that must not be shown: conforming to this protocol keeps a type out of logs, messages and dumps.
///
/// The text inside is reachable only through the type's own members, which say who may read it.
package protocol SecretValue: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension SecretValue {
    /// Never the secret, not even its length.
    package var description: String { "<redacted>" }
    /// Never the secret, not even its length.
    package var debugDescription: String { "<redacted>" }
    /// Empty, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
