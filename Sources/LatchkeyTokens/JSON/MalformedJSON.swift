/// Why a JSON text was refused. Says where and what, never quotes the text: it may hold a secret.
public struct MalformedJSON: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Reason: String, Sendable, Hashable {
        /// Longer than the cap.
        case tooLong = "too long"
        /// Nested deeper than the cap.
        case tooDeep = "nested too deeply"
        /// The text ends inside a value.
        case truncated = "ends too early"
        /// A character that the grammar of RFC 8259 does not allow here.
        case unexpectedCharacter = "unexpected character"
        /// Something other than white space after the value.
        case trailingBytes = "bytes after the value"
        /// Bytes that are not UTF-8.
        case notUTF8 = "not UTF-8"
        /// An unknown escape, half of a surrogate pair, or an escaped NUL.
        case badEscape = "bad escape in a string"
        /// A number outside the grammar or beyond the range of a Double.
        case badNumber = "bad number"
        /// An object with two members of the same name.
        case duplicateName = "duplicate member name"
        /// Valid JSON of another shape than asked for.
        case unexpectedType = "unexpected type"
    }

    /// What is wrong.
    public let reason: Reason
    /// Where, in bytes from the start of the text.
    public let offset: Int

    /// Both parts in English.
    public var description: String { "\(reason.rawValue) at byte \(offset)" }
}
