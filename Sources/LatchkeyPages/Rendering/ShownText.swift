/// Text of strangers, made fit to be read: a name must not reverse the direction of the sentence around it, break the
/// line or fill the page.
enum ShownText {
    /// In code points.
    static let longest = 200

    static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longest) { scalars.append(isShown(scalar) ? scalar : "\u{FFFD}") }
        let isCut = text.unicodeScalars.dropFirst(longest).first != nil
        return String(scalars) + (isCut ? "…" : "")
    }

    /// The same for the middle of a sentence: text that may run from right to left is isolated from the words around
    /// it (Unicode UAX 9, FSI and PDI).
    static func inSentence(_ text: String) -> String {
        let text = clean(text)
        return text.unicodeScalars.allSatisfy { $0.value < 0x590 } ? text : "\u{2068}\(text)\u{2069}"
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isBidiControl
        }
    }
}
