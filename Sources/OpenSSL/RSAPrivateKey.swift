internal import COpenSSL

/// An RSA private key held by libcrypto, for RS256 and PS256. Safe to use from several threads at once.
///
/// Every initialiser refuses moduli outside 2048 to 8192 bits and public exponents that are even, 1, or above 2³¹ − 1
/// (which some verifiers cannot read). The private numbers leave only through `pkcs8DER`.
package final class RSAPrivateKey: Sendable, CustomStringConvertible {
    /// The accepted modulus sizes, in bits. RFC 7518 3.3 requires at least 2048; beyond 8192 every signature would take
    /// a tenth of a second.
    package static let acceptedBits = 2048...8192

    /// The size of the modulus in bits.
    package let bits: Int
    /// The modulus, big-endian, without leading zeros: `n` of a JWK.
    package let modulus: [UInt8]
    /// The public exponent, big-endian, without leading zeros: `e` of a JWK.
    package let publicExponent: [UInt8]

    let handle: KeyHandle

    /// Takes over a key of any kind and refuses one that is not a suitable RSA key.
    ///
    /// - Throws: `.unsupportedKey`, `.weakKey`, `.inconsistentKey`.
    init(_ handle: consuming KeyHandle) throws(OpenSSLError) {
        // `isA("RSA")` alone would not be enough: a key restricted to PSS (`RSA-PSS`) cannot make RS256 signatures.
        guard handle.isA("RSA") else {
            throw OpenSSLError(.unsupportedKey, "The private key is not a plain RSA key.")
        }
        let bits = handle.bits
        guard Self.acceptedBits.contains(bits) else {
            throw OpenSSLError(.weakKey, "This RSA key has \(bits) bits; it must have 2048 to 8192.")
        }
        let exponent = try handle.number(OSSL_PKEY_PARAM_RSA_E)
        guard Self.isFit(exponent: exponent) else {
            throw OpenSSLError(.weakKey, "The RSA public exponent must be odd, above 1 and below 2 to the power 31.")
        }
        self.bits = bits
        self.modulus = try handle.number(OSSL_PKEY_PARAM_RSA_N)
        self.publicExponent = exponent
        self.handle = handle
    }

    /// Makes a new key with the public exponent 65537. Takes from a tenth of a second to several seconds of CPU, so
    /// it must not run on an event loop.
    ///
    /// - Parameter bits: 2048, 3072 or 4096.
    /// - Throws: `.invalidParameters` for other sizes, `.failed`.
    package static func generate(bits: Int) throws(OpenSSLError) -> RSAPrivateKey {
        guard [2048, 3072, 4096].contains(bits) else {
            throw OpenSSLError(.invalidParameters, "A new RSA key has 2048, 3072 or 4096 bits.")
        }
        try Libcrypto.begin()
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        // SAFETY: the context is checked before use, and `key` is ours to free once it is set.
        guard unsafe context != nil,
            unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            unsafe EVP_PKEY_generate(context, &key) == 1,
            let handle = unsafe KeyHandle(owning: key)
        else {
            throw .drainingQueue(.failed, "The RSA key could not be generated.")
        }
        return try RSAPrivateKey(handle)
    }

    /// Reads an unencrypted PKCS#8 structure and proves with one signature that its halves belong together; fast enough
    /// for start-up. Keys from outside are read by `init(pem:)`, which checks everything.
    ///
    /// - Throws: `.tooLarge` beyond 64 KiB, `.malformed`, `.unsupportedKey`, `.weakKey`, `.inconsistentKey`.
    package convenience init(pkcs8DER der: [UInt8]) throws(OpenSSLError) {
        guard der.count <= PEMPrivateKey.maximumBytes else {
            throw OpenSSLError(.tooLarge, "A private key has at most 64 KiB.")
        }
        try Libcrypto.begin()
        try self.init(KeyHandle(pkcs8DER: der))
        let message: [UInt8] = [0x4c, 0x4b]
        guard isValidPKCS1v15SHA256(try signPKCS1v15SHA256(message), for: message) else {
            throw OpenSSLError(.inconsistentKey, "The numbers of the key do not belong together.")
        }
    }

    /// Reads an unencrypted PEM, PKCS#8 or PKCS#1, with one RSA key and checks all its numbers.
    ///
    /// - Throws: as `PEMPrivateKey.parse`; `.unsupportedKey` when the PEM holds another kind of key.
    package convenience init(pem: String) throws(OpenSSLError) {
        let handle = try PEMPrivateKey.decode(pem)
        try self.init(handle)
        try self.handle.checkConsistency()
    }

    /// The key as an unencrypted PKCS#8 structure (RFC 5208): secret, to be sealed before it is stored.
    ///
    /// - Throws: `.failed`.
    package var pkcs8DER: [UInt8] {
        get throws(OpenSSLError) {
            try Libcrypto.begin()
            return try handle.pkcs8DER()
        }
    }

    /// The size; never a number of the key.
    package var description: String {
        "RSAPrivateKey(\(bits) bits, <redacted>)"
    }

    private static func isFit(exponent: [UInt8]) -> Bool {
        guard exponent.count <= 4, let last = exponent.last else { return false }
        let value = exponent.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return value > 1 && value < 1 << 31 && last & 1 == 1
    }
}
