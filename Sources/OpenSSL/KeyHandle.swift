internal import COpenSSL

/// Owns one libcrypto private key of any kind and frees it exactly once.
///
/// SAFETY: the key is never changed after creation. libcrypto counts references atomically and guards a key's caches
/// and its RSA blinding with locks, so several threads may use one handle at a time.
@safe
struct KeyHandle: ~Copyable, @unchecked Sendable {
    /// A live `EVP_PKEY`, freed by `deinit`; not to be kept beyond the handle.
    let pointer: OpaquePointer

    /// Takes over the reference that the caller holds; nil for nil.
    init?(owning pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        // libcrypto overwrites the private numbers before it frees them.
        unsafe EVP_PKEY_free(pointer)
    }

    /// Whether this is a key of the algorithm that libcrypto calls `name`, for example `RSA` or `ED25519`.
    func isA(_ name: String) -> Bool {
        unsafe EVP_PKEY_is_a(pointer, name) == 1
    }

    /// The size of the key in bits: for RSA, of the modulus.
    var bits: Int {
        Int(unsafe EVP_PKEY_get_bits(pointer))
    }

    /// The name of an EC key's curve, as libcrypto spells it; nil for other keys and for unnamed curves.
    var curveName: String? {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        // SAFETY: libcrypto writes at most `count` bytes, NUL included.
        let status = unsafe name.withUnsafeMutableBufferPointer {
            unsafe EVP_PKEY_get_group_name(pointer, $0.baseAddress, $0.count, &length)
        }
        guard status == 1, length < name.count else {
            ERR_clear_error()
            return nil
        }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A number of the key, big-endian.
    ///
    /// - Parameters:
    ///   - name: one of libcrypto's `OSSL_PKEY_PARAM_…` names.
    ///   - length: pads with zeros at the front to this many bytes; without it, the shortest form.
    /// - Throws: `.inconsistentKey` when the key has no such number or it does not fit.
    func number(_ name: String, length: Int? = nil) throws(OpenSSLError) -> [UInt8] {
        var number: OpaquePointer?
        let found = unsafe EVP_PKEY_get_bn_param(pointer, name, &number)
        defer { unsafe BN_clear_free(number) }  // accepts NULL, and wipes what may be a private number
        guard found == 1 else {
            throw .drainingQueue(.inconsistentKey, "The key lacks one of its numbers.")
        }
        let count = unsafe length ?? (Int(BN_num_bits(number)) + 7) / 8
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: libcrypto writes exactly `count` bytes or fails.
        let written = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe BN_bn2binpad(number, $0.baseAddress, Int32(count))
        }
        guard written == Int32(count) else {
            throw .drainingQueue(.inconsistentKey, "A number of the key is too large.")
        }
        return bytes
    }

    /// Checks that the numbers of the key belong together, primes and public half included. Takes tens of
    /// milliseconds for RSA.
    ///
    /// - Throws: `.inconsistentKey`.
    func checkConsistency() throws(OpenSSLError) {
        let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe context != nil, unsafe EVP_PKEY_check(context) == 1 else {
            throw .drainingQueue(.inconsistentKey, "The numbers of the key do not belong together.")
        }
    }
}
