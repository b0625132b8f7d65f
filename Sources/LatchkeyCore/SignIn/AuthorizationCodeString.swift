import Crypto
import LatchkeyBytes
import LatchkeyTokens

/// An authorization code on its way through the browser (RFC 6749 4.1.2): a secret that prints as `<redacted>`.
package struct AuthorizationCodeString: SecretValue {
    /// How long a code may be redeemed; RFC 6749 4.1.2 asks for at most ten minutes.
    package static let lifetime: Duration = .seconds(60)
    private static let prefix = "lkc_"
    private static let byteCount = 32

    /// `lkc_` and 43 base64url characters.
    package let text: String

    /// 256 random bits from the operating system.
    package static func generate() -> AuthorizationCodeString {
        AuthorizationCodeString(bytes: RandomBytes.make(byteCount))
    }

    /// The code of a sign-in. It is derived, so that the same form sent twice gets the same answer, and no database holds
    /// it: HMAC-SHA256 under HKDF(master key, salt: the row's nonce, info: "code" ‖ the row's id).
    /// - Returns: nil when the slot is empty.
    static func derived(signIn id: [UInt8], nonce: [UInt8], slot: UInt8, keys: MasterKeyRing)
        -> AuthorizationCodeString?
    {
        keys.deriveHash(.code, slot: slot, salt: nonce, context: id).map {
            AuthorizationCodeString(bytes: $0.code(for: id))
        }
    }

    private init(bytes: [UInt8]) { text = Self.prefix + Base64URL.string(bytes) }

    /// Nil unless `text` has the form of a code.
    package init?(_ text: String) {
        guard text.beginsWithBytes(of: Self.prefix),
            Base64URL.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count)))?.count == Self.byteCount
        else { return nil }
        self.text = text
    }

    /// SHA-256: enough for random text, and the only part that is stored.
    package var digest: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }
}

/// The challenge of a verifier, method S256 (RFC 7636 4.2).
package enum CodeChallenge {
    /// BASE64URL(SHA-256(verifier)): 43 characters.
    package static func s256(_ verifier: String) -> String {
        Base64URL.string(Array(SHA256.hash(data: Array(verifier.utf8))))
    }

    /// 43 to 128 unreserved characters (RFC 7636 4.1), and `=`: git-credential-oauth of Debian 12 pads its base64url.
    /// Which characters these are decides nothing, because only the digest is compared.
    package static func isVerifier(_ text: String) -> Bool {
        (43...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._~=".utf8.contains(byte)
                }
            }
    }
}
