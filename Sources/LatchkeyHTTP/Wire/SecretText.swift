import LatchkeyCore

/// A secret on its way through JSON: it can be encoded, because the command line must send it, and never appears in a
/// description, a log line or a dump.
package struct SecretText: Codable, SecretValue {
    /// The secret itself. Pass it to the type that guards it (`Password`, `ClientSecret`) and to nothing else.
    package let exposed: String

    package init(_ text: String) { exposed = text }

    package init(from decoder: any Decoder) throws {
        exposed = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(exposed)
    }
}
