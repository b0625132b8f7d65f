/// One setting: its name, its default, its possible values and its purpose.
///
/// The table ``all`` drives reading, `config print`, the check for unknown keys and the test that compares
/// `Config/latchkey.yaml` with the code.
package struct ConfigurationKey: Sendable {
    /// Dotted name as in the file: `tokens.access_ttl`.
    package let name: String
    /// Whether it holds several values: a YAML list, or separated by commas.
    package let isList: Bool
    /// The accepted values, in words: "a duration from 30s to 1h", "public or clients".
    package let accepted: String
    /// The default as it would be written in the file; `nil` when there is none.
    package let defaultText: String?
    /// One line for `Config/latchkey.yaml` and `config print`.
    package let summary: String
    /// Never printed, not even in an error.
    package let isSecret: Bool

    /// The environment variable that sets it: `LATCHKEY_TOKENS_ACCESS_TTL`.
    package var variable: String {
        Self.variablePrefix + name.uppercased().replacing(".", with: "_")
    }

    /// The prefix of all our variables.
    package static let variablePrefix = "LATCHKEY_"
    /// A variable that is ours and no key: the master key itself, base64. It may not stand in a file.
    package static let masterKeyVariable = "LATCHKEY_MASTER_KEY"

    /// A key with the way to read its value. Reading it returns a checked value, never a string.
    package struct Typed<Value: Sendable>: Sendable {
        package let key: ConfigurationKey
        let form: ValueForm<Value>

        package var name: String { key.name }

        init(
            _ name: String, _ form: ValueForm<Value>, default defaultText: String?, _ summary: String,
            isSecret: Bool = false
        ) {
            self.form = form
            key = ConfigurationKey(
                name: name, isList: form.isList, accepted: form.accepted, defaultText: defaultText, summary: summary,
                isSecret: isSecret)
        }
    }
}
