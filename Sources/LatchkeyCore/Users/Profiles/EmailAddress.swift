import Foundation
import LatchkeyTokens

/// An e-mail address: as written, and in the form in which addresses are compared.
package struct EmailAddress: Sendable, Equatable {
    /// The longest address, in bytes of UTF-8, in either form (RFC 5321 4.5.3.1.3, without the angle brackets).
    package static let maximumBytes = 254
    /// The longest part before the `@` (RFC 5321 4.5.3.1.1).
    private static let maximumLocalBytes = 64

    /// As written, in NFC.
    package let text: String
    /// The whole address as names are compared: who may receive mail at `Ada@example.com` may be told apart from
    /// `ada@example.com` by a mail server, but not by people.
    package let comparisonForm: String

    /// Accepts `local@domain` (RFC 5321 4.1.2, RFC 6531 3.3) without quotation marks, comments and address literals:
    /// exactly one `@`, no spaces, no control and no invisible characters.
    /// - Throws: `invalid_request` with what to change.
    package init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.maximumBytes else { throw Self.tooLong }
        let written = text.isASCII ? text : text.precomposedStringWithCanonicalMapping
        let compared = UserName.comparisonForm(of: written)
        guard written.utf8.count <= Self.maximumBytes, compared.utf8.count <= Self.maximumBytes else {
            throw Self.tooLong
        }
        // Some characters become another one, a dot or nothing when they are compared, hence both forms.
        guard Self.isAddress(written), Self.isAddress(compared) else {
            throw Refusal(
                .invalidRequest, "The e-mail address must have the form name@example.com: correct the address.")
        }
        self.text = written
        comparisonForm = compared
    }

    /// What was stored.
    package init(stored text: String, comparisonForm: String) {
        self.text = text
        self.comparisonForm = comparisonForm
    }

    /// By bytes.
    package static func == (left: EmailAddress, right: EmailAddress) -> Bool {
        left.text.equalsBytes(of: right.text) && left.comparisonForm.equalsBytes(of: right.comparisonForm)
    }

    private static let tooLong = Refusal(
        .invalidRequest, "The e-mail address is too long: it has at most \(maximumBytes) bytes.")

    private static func isAddress(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let at = scalars.firstIndex(of: "@") else { return false }
        let local = scalars[..<at]
        let domain = scalars[(at + 1)...]
        return local.reduce(0) { $0 + UTF8.width($1) } <= maximumLocalBytes
            && parts(local, each: { $0.allSatisfy(isLocal) })
            && parts(domain, each: isLabel)
    }

    /// Whether there is something between all dots.
    private static func parts(
        _ text: ArraySlice<Unicode.Scalar>, each isPart: (ArraySlice<Unicode.Scalar>) -> Bool
    ) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty && isPart($0) }
    }

    /// RFC 5322's atext, and letters, marks and digits of all scripts.
    private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            ? isLetterOrDigit(scalar) || "!#$%&'*+-/=?^_`{|}~".unicodeScalars.contains(scalar) : isWord(scalar)
    }

    private static func isLabel(_ label: ArraySlice<Unicode.Scalar>) -> Bool {
        label.reduce(0) { $0 + UTF8.width($1) } <= 63 && label.first != "-" && label.last != "-"
            && label.allSatisfy { $0.isASCII ? isLetterOrDigit($0) || $0 == "-" : isWord($0) }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber:
            true
        default: false
        }
    }
}
