/// One thing that can be configured: its name, what it may hold, its default and what it is for.
///
/// The table ``all`` drives reading, `config print`, the check for unknown keys and the test that holds
/// `Config/latchkey.yaml` to the code.
package struct ConfigurationKey: Sendable {
    /// What a value must look like.
    package enum Shape: Sendable {
        /// Any text; judged where it is used.
        case text
        /// Several texts: a YAML list, or separated by commas.
        case list
        /// A duration as ``DurationText`` reads it, within the range.
        case duration(ClosedRange<Duration>)
        /// A whole number within the range.
        case integer(ClosedRange<Int>)
        /// One of these words.
        case choice([String])
    }

    /// Dotted name as in the file: `tokens.access_ttl`.
    package let name: String
    package let shape: Shape
    /// The default as it would be written in the file; `nil` when there is none.
    package let defaultText: String?
    /// One line for `Config/latchkey.yaml` and `config print`.
    package let summary: String
    /// Never printed, not even in an error.
    package let isSecret: Bool

    init(_ name: String, _ shape: Shape, default defaultText: String?, _ summary: String, isSecret: Bool = false) {
        self.name = name
        self.shape = shape
        self.defaultText = defaultText
        self.summary = summary
        self.isSecret = isSecret
    }

    /// The environment variable that sets it: `LATCHKEY_TOKENS_ACCESS_TTL`.
    package var variable: String {
        Self.variablePrefix + name.uppercased().replacing(".", with: "_")
    }

    /// What every variable of ours begins with.
    package static let variablePrefix = "LATCHKEY_"
    /// A variable that is ours and no key: the master key itself, base64 (DESIGN 3). It may not stand in a file.
    package static let masterKeyVariable = "LATCHKEY_MASTER_KEY"

    /// What a value must be, in words: "30s to 1h", "a whole number from 1 to 64", "public or clients".
    package var accepted: String {
        switch shape {
        case .text: "a text"
        case .list: "a list, or texts separated by commas"
        case .duration(let range):
            "a duration from \(DurationText.string(range.lowerBound)) to \(DurationText.string(range.upperBound))"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words):
            words.count > 1 ? words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "") : words.joined()
        }
    }
}
