import Argon2
import Foundation

/// A password as a person entered it: normalised once (NFC), never truncated, never shown.
///
/// The bytes are in one buffer that is overwritten when the last copy is released. It is normalised to NFC because
/// people type the same password on devices that compose letters differently; this departs from ASVS 6.2.8 ("exactly as
/// received"). Another system may have hashed the bytes as received, so those are kept too, for imported hashes.
package struct Password: SecretValue {
    /// The longest password that may be set or can ever match, in bytes of NFC UTF-8.
    package static let maximumBytes = 1024

    /// The NFC form as UTF-8, for the hash threads.
    let secret: SecretBytes
    /// The bytes as received; the same buffer if they were already NFC.
    let received: SecretBytes

    /// The longest text that is normalised, in bytes. NFC of an accepted password came from at most three times as many
    /// bytes, and the cost of normalising grows with the square of the number of successive combining marks.
    private static let longestNormalised = 3 * maximumBytes

    /// Normalises `text` to NFC. Any length is accepted here. ``PasswordPolicy`` refuses long passwords when they are
    /// set, and ``PasswordVerifier`` never finds them equal to anything.
    package init(_ text: String) {
        guard text.utf8.count <= Self.longestNormalised else {
            // Only its length is kept: one byte more than can ever match.
            secret = SecretBytes(copying: Array(text.utf8.prefix(Self.maximumBytes + 1)))
            received = secret
            return
        }
        received = SecretBytes(copying: Array(text.utf8))
        secret =
            text.isASCII
            ? received : SecretBytes(copying: Array(text.precomposedStringWithCanonicalMapping.utf8))
    }

    /// A copy of the NFC UTF-8 bytes. The caller releases it as soon as it can.
    package var bytes: [UInt8] {
        // The array is a copy, so nothing points into the buffer afterwards.
        unsafe secret.withUnsafeBytes { unsafe Array($0) }
    }

    /// Whether it has more bytes than any password may have.
    package var isTooLong: Bool { secret.count > Self.maximumBytes }

    /// The NFC form as text, for the policy's comparisons.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}
