import Foundation
import LatchkeyTokens

/// The name that a user signs in with: as written, and in the form in which names are compared.
package struct UserName: Sendable, Equatable {
    /// The longest name, in code points, in either form.
    package static let maximumCodePoints = 128

    /// As written, in NFC.
    package let display: String
    /// NFKC, case-folded, without invisible characters; unique among users.
    package let normalised: String

    /// Accepts 1 to 128 code points without control characters and without spaces at either end, not in the form of a
    /// UUID.
    /// - Throws: `invalid_request` with what to change.
    package init(_ text: String) throws(Refusal) {
        guard text.unicodeScalars.count <= Self.maximumCodePoints else {
            throw Self.refused("The user name is too long: use at most 128 characters.")
        }
        guard !text.unicodeScalars.contains(where: Self.isControl) else {
            throw Self.refused("The user name contains control characters: use visible characters only.")
        }
        let display = text.isASCII ? text : text.precomposedStringWithCanonicalMapping
        let normalised = Self.comparisonForm(of: display)
        guard !normalised.isEmpty else {
            throw Self.refused("The user name is empty: give at least one visible character.")
        }
        guard normalised.unicodeScalars.count <= Self.maximumCodePoints else {
            throw Self.refused("The user name is too long: use at most 128 characters.")
        }
        // Some compatibility characters turn into a space and a mark, hence both forms.
        guard !Self.hasOuterSpace(display), !Self.hasOuterSpace(normalised) else {
            throw Self.refused("The user name begins or ends with a space: remove it.")
        }
        guard UserID(normalised) == nil else {
            throw Self.refused("The user name has the form of a UUID, which is how user ids look: choose another name.")
        }
        self.display = display
        self.normalised = normalised
    }

    /// The form in which names are compared (Unicode's NFKC_Casefold): compatibility-composed, case-folded, without
    /// invisible characters. Also for text that is not a valid name, so that a login with it takes the same path.
    package static func comparisonForm(of text: String) -> String {
        // ASCII needs no more, and most names are ASCII.
        if text.isASCII { return text.asciiLowercased }
        var form = text
        // Folding can undo the composition and vice versa; two rounds reach the fixed point for all of Unicode.
        for _ in 0..<2 {
            form = form.precomposedStringWithCompatibilityMapping.folding(options: .caseInsensitive, locale: nil)
            form.unicodeScalars.removeAll { $0.properties.isDefaultIgnorableCodePoint }
        }
        return form.precomposedStringWithCompatibilityMapping
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }

    /// Control characters, line and paragraph separators, and characters that change the direction of writing, which
    /// could make one name look like another.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
    }

    private static func hasOuterSpace(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return scalars.first?.properties.isWhitespace ?? false || scalars.last?.properties.isWhitespace ?? false
    }
}

extension String {
    /// Whether every normalisation form of it is the text itself.
    var isASCII: Bool { utf8.allSatisfy { $0 < 0x80 } }
}

extension UserReference {
    /// What an operator typed to name a user: an id if it has the form of one, otherwise a name.
    package init(_ text: String) {
        if let id = UserID(text.asciiLowercased) {
            self = .id(id)
        } else {
            self = .name(normalised: UserName.comparisonForm(of: text))
        }
    }
}
