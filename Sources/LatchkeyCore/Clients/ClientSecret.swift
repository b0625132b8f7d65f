import Argon2
import Crypto
import LatchkeyBytes
import LatchkeyTokens

/// The secret of a confidential client, as presented or as handed out once. Never shown; compared in constant time.
package struct ClientSecret: SecretValue {
    /// Accepted lengths of imported secrets, in bytes. Our own have 43: 32 random bytes in base64url.
    package static let importedLengths = 16...256

    private let secret: SecretBytes

    /// Accepts any text, as presented by a client.
    package init(_ text: String) { secret = SecretBytes(copying: Array(text.utf8)) }

    /// 256 random bits from the operating system, in base64url.
    package static func generate() -> ClientSecret {
        ClientSecret(Base64URL.string(RandomBytes.make(32)))
    }

    /// The text, shown once when the client is registered.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// SHA-256: enough for a random secret. This is what is sealed and stored.
    package var digest: [UInt8] { SHA256.hash(data: bytes).bytes }

    /// Whether it may be imported: 16 to 256 visible ASCII characters or spaces (RFC 6749 A.2), not one character
    /// repeated.
    package var isImportable: Bool {
        let bytes = bytes
        return Self.importedLengths.contains(bytes.count) && bytes.allSatisfy { (0x20...0x7E).contains($0) }
            && Set(bytes).count > 4
    }

    private var bytes: [UInt8] {
        // The array is a copy, so nothing points into the buffer afterwards.
        unsafe secret.withUnsafeBytes { unsafe Array($0) }
    }
}

extension ClientSecret: Equatable {
    /// By digest, so that the time reveals neither contents nor length.
    package static func == (left: ClientSecret, right: ClientSecret) -> Bool {
        ConstantTime.equal(left.digest, right.digest)
    }
}

/// The digest of a client secret, kept for comparisons. Overwritten when the last reference is released.
struct ClientSecretDigest: SecretValue {
    /// Replaces a missing secret: zeros, and a match with them does not count.
    static let decoy = ClientSecretDigest(bytes: [UInt8](repeating: 0, count: SHA256.byteCount))

    private let digest: SecretBytes

    init(_ secret: ClientSecret) { self.init(bytes: secret.digest) }

    init(bytes: [UInt8]) { digest = SecretBytes(copying: bytes) }
}

extension ClientSecretDigest: Equatable {
    /// Takes a time that depends only on the lengths.
    static func == (left: ClientSecretDigest, right: ClientSecretDigest) -> Bool {
        // Both buffers live as long as the closures that borrow them.
        unsafe left.digest.withUnsafeBytes { left in
            unsafe right.digest.withUnsafeBytes { right in
                unsafe ConstantTime.equal(
                    left.bindMemory(to: UInt8.self).span, right.bindMemory(to: UInt8.self).span)
            }
        }
    }
}
