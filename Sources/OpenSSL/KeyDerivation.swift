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

/// The limits of `pbkdf2`, which keep a manipulated hash from taking the machine's time.
package enum PBKDF2Bounds {
    /// The most iterations, over all output blocks together: some five seconds.
    package static let maximumIterations = 10_000_000

    /// Whether `pbkdf2` accepts this cost. The iterations are repeated for each output block.
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
///   - iterations: 1 to 10,000,000, divided by the number of output blocks.
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

/// The limits of `scrypt`, which keep a manipulated hash from taking the machine's memory or time.
package enum ScryptBounds {
    /// The largest cost `N`.
    package static let maximumN = 1 << 20
    /// The largest `r·p`; with the memory bound it limits one call to about ten seconds.
    package static let maximumRP = 128
    /// The largest vector `128·N·r` in bytes.
    package static let maximumMemory = 256 * 1024 * 1024

    /// Whether `scrypt` accepts these costs.
    package static func contain(N: Int, r: Int, p: Int) -> Bool {
        (2...maximumN).contains(N) && N & (N - 1) == 0
            && (1...maximumRP).contains(r) && (1...maximumRP).contains(p) && r * p <= maximumRP
            && (r > 1 || N < 1 << 16)
            && 128 * N * r <= maximumMemory
    }
}

/// Derives `length` bytes with the memory-hard function of RFC 7914, to verify hashes that were imported from
/// elsewhere. Blocks the thread for as long as the costs require.
///
/// - Parameters:
///   - password: at most 64 KiB; may be empty.
///   - salt: at most 64 KiB; may be empty.
///   - N: the cost, a power of two from 2 to 2²⁰, and below 2¹⁶ when `r` is 1 (RFC 7914 section 6).
///   - r: the block size; `128·N·r` must stay within 256 MiB.
///   - p: the parallelism; `r·p` at most 128.
///   - length: 1 to 1024 bytes.
/// - Throws: `.invalidParameters` before any work is done, `.failed`.
package func scrypt(
    password: [UInt8], salt: [UInt8], N: Int, r: Int, p: Int, length: Int
) throws(OpenSSLError) -> [UInt8] {
    try checkSizes(password: password, salt: salt, length: length)
    guard ScryptBounds.contain(N: N, r: r, p: p) else {
        throw OpenSSLError(.invalidParameters, "The scrypt parameters are out of bounds.")
    }
    try Libcrypto.begin()
    // libcrypto's own limit also counts its blocks and scratch space: room for them in addition to the vector.
    let memory = UInt64(ScryptBounds.maximumMemory + (1 << 20))
    var key = [UInt8](repeating: 0, count: length)
    // SAFETY: each pointer is valid for the count beside it during the call; libcrypto writes `length` bytes.
    let status = unsafe key.withUnsafeMutableBufferPointer { key in
        unsafe password.withUnsafeBytes { password in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe EVP_PBE_scrypt(
                    password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count,
                    salt.baseAddress, salt.count, UInt64(N), UInt64(r), UInt64(p), memory, key.baseAddress, key.count)
            }
        }
    }
    guard status == 1 else {
        throw .drainingQueue(.failed, "scrypt failed.")
    }
    return key
}

/// Refuses passwords, salts and outputs of a size that no stored hash has.
func checkSizes(password: [UInt8], salt: [UInt8], length: Int) throws(OpenSSLError) {
    guard password.count <= 64 * 1024, salt.count <= 64 * 1024 else {
        throw OpenSSLError(.invalidParameters, "Password and salt have at most 64 KiB each.")
    }
    guard (1...1024).contains(length) else {
        throw OpenSSLError(.invalidParameters, "A derived key has 1 to 1024 bytes.")
    }
}
