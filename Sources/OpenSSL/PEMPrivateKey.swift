internal import COpenSSL

/// A private key that an operator brought along, of one of the kinds that can sign our tokens.
package enum ImportedPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// A checked RSA key, for RS256 and PS256.
    case rsa(RSAPrivateKey)
    /// The private scalar of a P-256 key: 32 bytes, big-endian; for ES256.
    case p256([UInt8])
    /// The seed of an Ed25519 key (RFC 8032 5.1.5): 32 bytes; for EdDSA.
    case ed25519([UInt8])

    /// The kind of key; never the key.
    package var description: String {
        switch self {
        case .rsa(let key): "ImportedPrivateKey(RSA \(key.bits), <redacted>)"
        case .p256: "ImportedPrivateKey(P-256, <redacted>)"
        case .ed25519: "ImportedPrivateKey(Ed25519, <redacted>)"
        }
    }

    /// Empty, so that `dump` and debuggers' summaries do not print the key either.
    package var customMirror: Mirror {
        Mirror(self, children: [])
    }
}

/// Reads private keys in PEM form: PKCS#8 (RFC 5958 version 1), PKCS#1 for RSA, SEC1 for EC; unencrypted only.
package enum PEMPrivateKey {
    /// The largest text that is looked at, in bytes of UTF-8. An 8192-bit RSA key needs 6,500.
    package static let maximumBytes = 64 * 1024

    /// Reads the one private key in `pem` and checks its numbers. `EC PARAMETERS` blocks and text around the blocks
    /// are skipped.
    ///
    /// - Throws: `.tooLarge`, `.notPEM`, `.malformed`; `.encrypted`, `.publicKey`, `.severalBlocks` by what the
    ///   blocks are; `.unsupportedKey` for other algorithms and curves; `.weakKey`, `.inconsistentKey`.
    package static func parse(_ pem: String) throws(OpenSSLError) -> ImportedPrivateKey {
        let handle = try decode(pem)
        if handle.isA("RSA") {
            let key = try RSAPrivateKey(handle)
            try key.handle.checkConsistency()
            return .rsa(key)
        }
        if handle.isA("EC") {
            guard handle.curveName == "prime256v1" else {
                throw OpenSSLError(.unsupportedKey, "Of elliptic curves, only P-256 and Ed25519 can be used.")
            }
            try handle.checkConsistency()
            return .p256(try handle.number(OSSL_PKEY_PARAM_PRIV_KEY, length: 32))
        }
        if handle.isA("ED25519") {
            return .ed25519(try seed(of: handle))
        }
        throw OpenSSLError(.unsupportedKey, "Only RSA, P-256 and Ed25519 keys can be used.")
    }

    /// Finds the one private key in `pem` and decodes it, of whatever algorithm.
    static func decode(_ pem: String) throws(OpenSSLError) -> KeyHandle {
        guard pem.utf8.count <= maximumBytes else {
            throw OpenSSLError(.tooLarge, "A PEM file with a private key has at most 64 KiB.")
        }
        try Libcrypto.begin()
        let blocks = try PEMBlock.all(in: pem).filter { $0.label != "EC PARAMETERS" }
        guard let block = blocks.first else {
            throw OpenSSLError(.notPEM, "The text holds no private key in PEM form (-----BEGIN PRIVATE KEY-----).")
        }
        guard blocks.count == 1 else {
            throw OpenSSLError(.severalBlocks, "The PEM text must hold one private key and nothing else.")
        }
        guard !block.isEncrypted else {
            throw OpenSSLError(
                .encrypted,
                "The private key is encrypted; decrypt it first, for example with: openssl pkey -in FILE -out FILE2")
        }
        switch block.label {
        case "PRIVATE KEY":
            return try KeyHandle(pkcs8DER: block.contents)
        case "RSA PRIVATE KEY":
            return try KeyHandle(traditionalDER: block.contents, type: EVP_PKEY_RSA)
        case "EC PRIVATE KEY":
            return try KeyHandle(traditionalDER: block.contents, type: EVP_PKEY_EC)
        case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
            throw OpenSSLError(.publicKey, "This is a public key or a certificate; the private key is needed.")
        case "OPENSSH PRIVATE KEY":
            throw OpenSSLError(
                .unsupportedKey,
                "OpenSSH's own format cannot be read; convert a copy with: ssh-keygen -p -m PKCS8 -f FILE")
        default:
            throw OpenSSLError(.unsupportedKey, "The PEM block is not a private key that can be used.")
        }
    }

    private static func seed(of handle: borrowing KeyHandle) throws(OpenSSLError) -> [UInt8] {
        var seed = [UInt8](repeating: 0, count: 32)
        var count = seed.count
        let key = unsafe handle.pointer
        // SAFETY: libcrypto writes at most `count` bytes; the handle outlives the call.
        let status = unsafe seed.withUnsafeMutableBufferPointer {
            unsafe EVP_PKEY_get_raw_private_key(key, $0.baseAddress, &count)
        }
        guard status == 1, count == 32 else {
            throw .drainingQueue(.malformed, "The Ed25519 key has no 32-byte seed.")
        }
        return seed
    }
}
