internal import COpenSSL

/// A private key from an operator, of one of the kinds that can sign our tokens.
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
            guard handle.curveName == "prime256v1" else { throw UnusableKeyKind.curve(handle.curveName).error }
            try handle.checkConsistency()
            return .p256(try handle.number(OSSL_PKEY_PARAM_PRIV_KEY, length: 32))
        }
        if handle.isA("ED25519") {
            return .ed25519(try seed(of: handle))
        }
        throw UnusableKeyKind.algorithm(of: handle).error
    }

    /// Finds the one private key in `pem` and decodes it, whatever its algorithm.
    static func decode(_ pem: String) throws(OpenSSLError) -> KeyHandle {
        guard pem.utf8.count <= maximumBytes else {
            throw OpenSSLError(.tooLarge, "A PEM file with a private key has at most 64 KiB.")
        }
        try Libcrypto.begin()
        let blocks = try PEMBlock.all(in: pem).filter { $0.label != "EC PARAMETERS" }
        guard let block = blocks.first else { throw noBlock(in: pem) }
        guard blocks.count == 1 else { throw severalBlocks(blocks) }
        guard !block.isEncrypted else {
            throw OpenSSLError(
                .encrypted,
                "The private key is encrypted; decrypt it first, for example with: openssl pkey -in FILE -out FILE2")
        }
        switch block.kind {
        case .privateKey: return try KeyHandle(pkcs8DER: block.contents)
        case .rsaPrivateKey: return try KeyHandle(traditionalDER: block.contents, type: EVP_PKEY_RSA)
        case .ecPrivateKey: return try KeyHandle(traditionalDER: block.contents, type: EVP_PKEY_EC)
        case .publicKey:
            throw OpenSSLError(.publicKey, "This is a public key; the private key is needed.")
        case .certificate:
            throw OpenSSLError(.publicKey, "This is a certificate; the private key is needed.")
        case .openSSH:
            throw OpenSSLError(
                .unsupportedKey,
                "This is a key in the format of OpenSSH; convert a copy with: ssh-keygen -p -m PKCS8 -f FILE")
        case .other:
            throw OpenSSLError(.unsupportedKey, "The PEM block is not a private key that can be used.")
        }
    }

    /// Says what a text without a PEM block is, if it can be recognised.
    private static func noBlock(in pem: String) -> OpenSSLError {
        let text = pem.utf8.drop { $0 <= 0x20 }
        let wanted = "a private key in PEM form is needed, as openssl genpkey writes it."
        if text.first == UInt8(ascii: "{") { return OpenSSLError(.notPEM, "This is JSON, perhaps a JWK; \(wanted)") }
        if text.starts(with: "MI".utf8) || text.starts(with: "MC4".utf8) {
            return OpenSSLError(.notPEM, "This is base64 without the lines around it; \(wanted)")
        }
        if text.starts(with: "ssh-".utf8) || text.starts(with: "ecdsa-".utf8) {
            return OpenSSLError(.notPEM, "This is a public key in the format of OpenSSH; \(wanted)")
        }
        return OpenSSLError(.notPEM, "The text holds no private key in PEM form, as openssl genpkey writes it.")
    }

    /// Says what there is in addition to the one expected key.
    private static func severalBlocks(_ blocks: [PEMBlock]) -> OpenSSLError {
        let keys = blocks.count { $0.kind.isPrivateKey || $0.isEncrypted }
        let what =
            if keys > 1 {
                "several private keys"
            } else if blocks.contains(where: { $0.kind == .certificate }) {
                keys == 1 ? "a certificate beside the private key" : "several blocks and no private key"
            } else if blocks.contains(where: { $0.kind == .publicKey }) {
                keys == 1 ? "a public key beside the private key" : "several blocks and no private key"
            } else {
                "several blocks"
            }
        return OpenSSLError(
            .severalBlocks, "The PEM text holds \(what); it must hold one private key and nothing else.")
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

/// A kind of private key that libcrypto reads but that signs none of our tokens.
private enum UnusableKeyKind {
    case curve(String?)
    case algorithm(String)

    /// Names by which libcrypto identifies algorithms.
    private static let algorithms = ["ED448", "X25519", "X448", "RSA-PSS", "DSA", "DH", "SM2"]

    static func algorithm(of handle: borrowing KeyHandle) -> UnusableKeyKind {
        for name in algorithms where handle.isA(name) { return .algorithm(name) }
        return .algorithm("")
    }

    var error: OpenSSLError {
        let usable = "only RSA, P-256 and Ed25519 keys can be used."
        let words =
            switch self {
            case .curve("secp384r1"): "This is a key on the curve P-384; \(usable)"
            case .curve("secp521r1"): "This is a key on the curve P-521; \(usable)"
            case .curve("secp256k1"): "This is a key on the curve secp256k1; \(usable)"
            case .curve: "This is a key on another elliptic curve than P-256; \(usable)"
            case .algorithm("ED448"): "This is an Ed448 key; \(usable)"
            case .algorithm("X25519"): "This is an X25519 key, which cannot sign; \(usable)"
            case .algorithm("X448"): "This is an X448 key, which cannot sign; \(usable)"
            case .algorithm("DH"): "This is a Diffie-Hellman key, which cannot sign; \(usable)"
            case .algorithm("RSA-PSS"):
                "This RSA key is restricted to PSS (RSA-PSS), which RS256 does not use; a plain RSA key works for PS256 too."
            case .algorithm("DSA"): "This is a DSA key; \(usable)"
            case .algorithm("SM2"): "This is an SM2 key; \(usable)"
            case .algorithm: "This is a private key of another kind; \(usable)"
            }
        return OpenSSLError(.unsupportedKey, words)
    }
}

/// One `-----BEGIN LABEL-----` block (RFC 7468, and the older form with headers), its base64 decoded.
struct PEMBlock {
    /// The words after `BEGIN`.
    let label: String
    /// Whether the label or a `Proc-Type` header (RFC 1421 4.6.1.1) says that the contents are encrypted.
    let isEncrypted: Bool
    /// The decoded bytes.
    let contents: [UInt8]

    /// What a label announces.
    enum Kind {
        case privateKey
        case rsaPrivateKey
        case ecPrivateKey
        case publicKey
        case certificate
        case openSSH
        case other

        var isPrivateKey: Bool {
            switch self {
            case .privateKey, .rsaPrivateKey, .ecPrivateKey, .openSSH: true
            case .publicKey, .certificate, .other: false
            }
        }
    }

    var kind: Kind {
        switch label {
        case "PRIVATE KEY": .privateKey
        case "RSA PRIVATE KEY": .rsaPrivateKey
        case "EC PRIVATE KEY": .ecPrivateKey
        case "PUBLIC KEY", "RSA PUBLIC KEY": .publicKey
        case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE": .certificate
        case "OPENSSH PRIVATE KEY": .openSSH
        default: .other
        }
    }

    /// More blocks than any file with one key has; reading stops there.
    private static let maximumBlocks = 16

    /// All blocks of `pem`, in order, at most 16 of them. Text outside the blocks is skipped.
    ///
    /// - Throws: `.malformed` when a block has no end or its base64 is damaged, `.severalBlocks` beyond 16.
    static func all(in pem: String) throws(OpenSSLError) -> [PEMBlock] {
        let text = Array(pem.utf8)
        // SAFETY: the BIO reads from `text` in place, and is freed before the closure returns.
        let (blocks, reachedEnd) = unsafe text.withUnsafeBufferPointer { buffer -> ([PEMBlock], Bool) in
            guard let start = buffer.baseAddress, let bio = unsafe BIO_new_mem_buf(start, Int32(buffer.count)) else {
                return ([], true)
            }
            defer { unsafe BIO_free(bio) }
            var blocks: [PEMBlock] = []
            while blocks.count <= maximumBlocks, let block = unsafe next(in: bio) {
                blocks.append(block)
            }
            return (blocks, ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
        }
        guard blocks.count <= maximumBlocks else {
            throw OpenSSLError(
                .severalBlocks, "The PEM text holds more than 16 blocks; it must hold one private key and nothing else."
            )
        }
        guard reachedEnd else {
            throw .drainingQueue(.malformed, "A PEM block is damaged.")
        }
        ERR_clear_error()
        return blocks
    }

    /// Reads the next block; nil at the end or at a damaged one, which the error queue distinguishes.
    private static func next(in bio: OpaquePointer) -> PEMBlock? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard unsafe PEM_read_bio(bio, &label, &header, &data, &count) == 1 else { return nil }
        defer {
            unsafe CRYPTO_free(label, #file, #line)
            unsafe CRYPTO_free(header, #file, #line)
            unsafe CRYPTO_clear_free(data, count, #file, #line)
        }
        guard let label = unsafe label, let header = unsafe header else { return nil }
        // SAFETY: on success libcrypto hands over two strings ended by NUL and `count` bytes, ours to free.
        let name = unsafe String(cString: label)
        let isEncrypted = unsafe name == "ENCRYPTED PRIVATE KEY" || String(cString: header).contains("ENCRYPTED")
        let contents = unsafe [UInt8](UnsafeBufferPointer(start: data, count: count))
        return PEMBlock(label: name, isEncrypted: isEncrypted, contents: contents)
    }
}
