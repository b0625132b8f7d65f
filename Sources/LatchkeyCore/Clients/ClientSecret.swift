import Argon2
import Crypto
import LatchkeyTokens

/// The secret of a confidential client, as presented or as handed out once. Never shown, compared in constant time.
package struct ClientSecret: SecretValue {
    /// Accepted lengths of imported secrets, in bytes. Ours have 43: 32 random bytes in base64url.
    package static let importedLengths = 16...256

    private let secret: SecretBytes

    /// Takes any text, as presented by a client.
    package init(_ text: String) { secret = SecretBytes(copying: Array(text.utf8)) }

    /// 256 random bits of the operating system, in base64url.
    package static func generate() -> ClientSecret {
        // The key is a source of random bytes here, and nothing else.
        let random = unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) }
        return ClientSecret(Base64URL.string(random))
    }

    /// The text, to be shown once to whoever registers the client.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// SHA-256: enough for a random secret, and what is sealed and stored.
    package var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// Whether it may be imported: 16 to 256 visible ASCII characters or spaces (RFC 6749 A.2), not one alone repeated.
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
    /// By digest, so that the time tells neither contents nor length.
    package static func == (left: ClientSecret, right: ClientSecret) -> Bool {
        ConstantTime.equal(left.digest, right.digest)
    }
}
