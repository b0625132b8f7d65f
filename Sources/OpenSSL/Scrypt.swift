internal import COpenSSL

/// The bounds of `scrypt`, which keep a doctored hash from taking the machine's memory or time.
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
/// elsewhere. Blocks the thread for as long as the costs say.
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
    // libcrypto's own bound also counts its blocks and scratch space: room for them beside the vector.
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
