import Foundation
import LatchkeyTokens

/// The short texts of a profile.
package enum ProfileText {
    /// The longest display name, in code points.
    package static let maximumNameLength = 128
    /// The longest language tag and the longest time zone name, in bytes.
    package static let maximumTagLength = 64

    /// 1 to 128 code points without control characters, in NFC.
    /// - Throws: `invalid_request` with what to change.
    static func displayName(_ text: String) throws(Refusal) -> String {
        let scalars = text.unicodeScalars
        guard scalars.count <= maximumNameLength else {
            throw Refusal(.invalidRequest, "The display name is too long: use at most 128 characters.")
        }
        guard !scalars.contains(where: UserName.isControl) else {
            throw Refusal(
                .invalidRequest, "The display name contains control characters: use visible characters only.")
        }
        guard scalars.contains(where: { !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint })
        else {
            throw Refusal(.invalidRequest, "The display name is empty: give at least one visible character.")
        }
        let composed = text.isASCII ? text : text.precomposedStringWithCanonicalMapping
        guard composed.unicodeScalars.count <= maximumNameLength else {
            throw Refusal(.invalidRequest, "The display name is too long: use at most 128 characters.")
        }
        return composed
    }

    /// A language tag by its form (RFC 5646 2.1): a language of two to eight letters, then subtags of one to eight
    /// letters and digits, the last of them longer than one character.
    /// - Throws: `invalid_request` with what to change.
    static func locale(_ text: String) throws(Refusal) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard text.utf8.count <= maximumTagLength, let language = parts.first, (2...8).contains(language.count),
            language.allSatisfy(isLetter),
            parts.dropFirst().allSatisfy({
                (1...8).contains($0.count) && $0.allSatisfy { isLetter($0) || $0.isASCIIDigit }
            }),
            parts.last?.count != 1
        else {
            throw Refusal(.invalidRequest, "The locale must be a language tag such as de or en-GB: correct it.")
        }
        return text
    }

    /// A name of the time zone database by its form: `UTC`, or `Area/City` with up to three parts of letters, digits
    /// and `_ + -`, each beginning with a letter. The database itself differs between systems, so nobody looks there.
    /// - Throws: `invalid_request` with what to change.
    static func zoneinfo(_ text: String) throws(Refusal) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let hasForm =
            (2...3).contains(parts.count)
            && parts.allSatisfy { part in
                (1...32).contains(part.count) && part.first.map(isLetter) == true && part.allSatisfy(isZoneByte)
            }
        guard text.utf8.count <= maximumTagLength, hasForm || text.equalsBytes(of: "UTC") else {
            throw Refusal(
                .invalidRequest, "The time zone must have a name such as Europe/Berlin or UTC: correct it.")
        }
        return text
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte.asciiLowercased)
    }

    private static func isZoneByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte.isASCIIDigit || "_+-".utf8.contains(byte)
    }
}
