import Argon2
import Crypto
import LatchkeyBytes

/// An imported bcrypt hash of a digest of the password, as text, as frameworks make it for passwords over 72 bytes. So
/// the whole password counts, including zero bytes.
///
/// - Django: `bcrypt_sha256$$2b$12$…`;
/// - passlib: `$bcrypt-sha256$v=2,t=2b,r=12$<salt>$<tag>`, and without `v` in its older form `2b,12`.
package struct DigestedBcryptHash: Sendable, Equatable {
    /// The text that bcrypt gets instead of the password.
    enum Digest: Sendable, Equatable {
        /// SHA-256 in lower-case hexadecimal digits.
        case sha256Hexadecimal
        /// SHA-256 in base64.
        case sha256Base64
        /// HMAC-SHA256 in base64, keyed with the salt's 22 characters.
        case hmacBase64
    }

    let bcrypt: BcryptHash
    let digest: Digest

    /// Django's form, without `bcrypt_sha256$`.
    /// - Throws: what is wrong with the bcrypt hash.
    init(django text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        self.init(bcrypt: try Self.bcrypt(text), digest: .sha256Hexadecimal)
    }

    /// passlib's form, without `$bcrypt-sha256$`.
    /// - Throws: the first thing that is wrong.
    init(passlib text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        let fields = parts.first.map { HashText.parts($0, at: ",") } ?? []
        guard parts.count == 3, (2...3).contains(fields.count) else {
            throw MalformedPasswordHash(
                "The bcrypt-sha256 hash does not have the form $bcrypt-sha256$v=2,t=2b,r=12$salt$hash.")
        }
        let isNewer = fields.count == 3
        guard !isNewer || fields[0].elementsEqual("v=2".utf8),
            let type = isNewer ? HashText.rest(of: fields[1], after: "t=") : fields[0],
            type.elementsEqual("2b".utf8) || !isNewer && type.elementsEqual("2a".utf8),
            let cost = DecimalField.value(fields[fields.count - 1], after: isNewer ? "r=" : ""), cost < 100
        else {
            throw MalformedPasswordHash("The cost of the bcrypt-sha256 hash is not written as v=2,t=2b,r=….")
        }
        let digits = [UInt8(cost / 10), UInt8(cost % 10)].map { $0 + UInt8(ascii: "0") }
        let dollar = [UInt8(ascii: "$")]
        let whole = dollar + type + dollar + digits + dollar + parts[1] + parts[2]
        guard parts[1].count == 22 else { throw MalformedPasswordHash(describing: MalformedBcryptHash.salt) }
        self.init(bcrypt: try Self.bcrypt(whole[...]), digest: isNewer ? .hmacBase64 : .sha256Base64)
    }

    private init(bcrypt: BcryptHash, digest: Digest) {
        self.bcrypt = bcrypt
        self.digest = digest
    }

    private static func bcrypt(_ text: ArraySlice<UInt8>) throws(MalformedPasswordHash) -> BcryptHash {
        do {
            return try BcryptHash(parsing: String(decoding: text, as: UTF8.self))
        } catch {
            throw MalformedPasswordHash(describing: error)
        }
    }

    /// The text that bcrypt gets for a password.
    func digested(_ password: SecretBytes) -> SecretBytes {
        let code: [UInt8] = unsafe password.withUnsafeBytes { bytes in
            switch digest {
            case .sha256Hexadecimal, .sha256Base64: unsafe Array(SHA256.hash(data: bytes))
            case .hmacBase64:
                unsafe Array(
                    HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: Array(bcrypt.salt))))
            }
        }
        return SecretBytes(
            copying:
                digest == .sha256Hexadecimal ? Hexadecimal.encode(code) : Base64.encode(code, padded: true))
    }
}
