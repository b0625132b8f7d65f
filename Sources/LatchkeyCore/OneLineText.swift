/// Text from outside that people are shown.
package enum OneLineText {
    /// Whether a list or a page may show the text: a control character could break the line or reverse the direction of
    /// what follows.
    package static func isHarmless(_ text: String, longest: Int) -> Bool {
        // The length in bytes bounds the work.
        text.utf8.count <= 4 * longest && text.unicodeScalars.count <= longest
            && text.unicodeScalars.allSatisfy(isShown)
    }

    /// Whether the text can be the name of something: harmless, not empty, and without white space at either end, which
    /// would make it look like another name.
    package static func isName(_ text: String, longest: Int) -> Bool {
        guard isHarmless(text, longest: longest), let first = text.unicodeScalars.first,
            let last = text.unicodeScalars.last
        else { return false }
        return !first.properties.isWhitespace && !last.properties.isWhitespace
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isBidiControl
        }
    }
}
