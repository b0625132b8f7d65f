internal import COpenSSL

/// The hash inside the HMAC of `pbkdf2`.
package enum PBKDF2Hash: String, Sendable, CaseIterable {
    /// SHA-1; still sound inside an HMAC, and still found in old tables.
    case sha1
    /// SHA-256.
    case sha256
    /// SHA-512.
    case sha512

    /// How many bytes one run of the iterations yields.
    package var blockBytes: Int {
        switch self {
        case .sha1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// The bounds of `pbkdf2`, which keep a doctored hash from taking the machine's time.
package enum PBKDF2Bounds {
    /// The most iterations, over all output blocks together: some five seconds.
    package static let maximumIterations = 10_000_000

    /// Whether `pbkdf2` accepts this cost. Iterations are paid again for each output block.
    package static func contain(iterations: Int, hash: PBKDF2Hash, length: Int) -> Bool {
        let blocks = (length + hash.blockBytes - 1) / hash.blockBytes
        return (1...maximumIterations).contains(iterations) && iterations * blocks <= maximumIterations
    }
}

/// Derives `length` bytes with PBKDF2 and HMAC (RFC 8018 5.2), to verify hashes that were imported from elsewhere.
/// Blocks the thread for as long as the iterations take.
///
/// - Parameters:
///   - password: at most 64 KiB; may be empty.
///   - salt: at most 64 KiB; may be empty.
///   - iterations: 1 to 10,000,000, and as many divided by the number of output blocks.
///   - hash: the hash inside the HMAC.
///   - length: 1 to 1024 bytes.
/// - Throws: `.invalidParameters` before any work is done, `.failed`.
package func pbkdf2(
    password: [UInt8], salt: [UInt8], iterations: Int, hash: PBKDF2Hash, length: Int
) throws(OpenSSLError) -> [UInt8] {
    try checkSizes(password: password, salt: salt, length: length)
    guard PBKDF2Bounds.contain(iterations: iterations, hash: hash, length: length) else {
        throw OpenSSLError(.invalidParameters, "The PBKDF2 iterations are out of bounds.")
    }
    try Libcrypto.begin()
    var key = [UInt8](repeating: 0, count: length)
    // SAFETY: each pointer is valid for the count beside it during the call; libcrypto writes `length` bytes. The
    // digest is a constant of libcrypto that is never freed.
    let status = unsafe key.withUnsafeMutableBufferPointer { key in
        unsafe password.withUnsafeBytes { password in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe PKCS5_PBKDF2_HMAC(
                    password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(password.count),
                    salt.baseAddress, Int32(salt.count),
                    Int32(iterations), digest(of: hash), Int32(key.count), key.baseAddress)
            }
        }
    }
    guard status == 1 else {
        throw .drainingQueue(.failed, "PBKDF2 failed.")
    }
    return key
}

private func digest(of hash: PBKDF2Hash) -> OpaquePointer? {
    switch hash {
    case .sha1: unsafe EVP_sha1()
    case .sha256: unsafe EVP_sha256()
    case .sha512: unsafe EVP_sha512()
    }
}
