internal import COpenSSL

/// Owns one libcrypto private key of any kind and frees it exactly once.
///
/// SAFETY: the key is never changed after creation. libcrypto counts references atomically and guards a key's caches
/// and its RSA blinding with locks, so several threads may use one handle at a time.
@safe
struct KeyHandle: ~Copyable, @unchecked Sendable {
    /// A live `EVP_PKEY`, freed by `deinit`; not to be kept beyond the handle.
    let pointer: OpaquePointer

    /// Takes over the caller's reference; nil for nil.
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

    /// Checks that the numbers of the key belong together, including primes and public half. Takes tens of milliseconds
    /// for RSA.
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

extension KeyHandle {
    /// Reads an unencrypted PKCS#8 structure (RFC 5208) that fills `der` to its last byte.
    ///
    /// - Throws: `.malformed`.
    init(pkcs8DER der: [UInt8]) throws(OpenSSLError) {
        // SAFETY: `d2i` reads at most `count` bytes and copies what it keeps, so nothing points into `der` afterwards.
        let key: OpaquePointer? = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let info = unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &position, buffer.count)
            defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }  // accepts NULL
            guard unsafe info != nil, unsafe Self.consumed(buffer, upTo: position) else { return nil }
            return unsafe EVP_PKCS82PKEY(info)
        }
        try unsafe self.init(decoded: key)
    }

    /// Reads the older structure of one algorithm, PKCS#1 (RFC 8017 A.1.2) or SEC1 (RFC 5915), that fills `der`.
    ///
    /// - Parameter type: `EVP_PKEY_RSA` or `EVP_PKEY_EC`.
    /// - Throws: `.malformed`.
    init(traditionalDER der: [UInt8], type: Int32) throws(OpenSSLError) {
        // SAFETY: as above.
        let key: OpaquePointer? = unsafe der.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let key = unsafe d2i_PrivateKey(type, nil, &position, buffer.count)
            guard unsafe Self.consumed(buffer, upTo: position) else {
                unsafe EVP_PKEY_free(key)
                return nil
            }
            return unsafe key
        }
        try unsafe self.init(decoded: key)
    }

    /// The key as an unencrypted PKCS#8 structure: secret, to be sealed by the caller.
    ///
    /// - Throws: `.failed`.
    func pkcs8DER() throws(OpenSSLError) -> [UInt8] {
        let info = unsafe EVP_PKEY2PKCS8(pointer)
        defer { unsafe PKCS8_PRIV_KEY_INFO_free(info) }
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(info, nil)
        guard unsafe info != nil, count > 0 else {
            throw .drainingQueue(.failed, "The key could not be encoded.")
        }
        var der = [UInt8](repeating: 0, count: Int(count))
        // SAFETY: the first call returned how many bytes the second one writes; the structure did not change in
        // between.
        let written = unsafe der.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            return unsafe i2d_PKCS8_PRIV_KEY_INFO(info, &position)
        }
        guard written == count else {
            throw .drainingQueue(.failed, "The key could not be encoded.")
        }
        return der
    }

    private init(decoded key: OpaquePointer?) throws(OpenSSLError) {
        guard let handle = unsafe KeyHandle(owning: key) else {
            throw .drainingQueue(.malformed, "The private key is damaged or of an unknown kind.")
        }
        // A decoder may succeed and still leave entries of forms that it tried first.
        ERR_clear_error()
        self = handle
    }

    /// Whether a decoder that stopped at `position` read the whole buffer: trailing bytes are not part of a key.
    private static func consumed(_ buffer: UnsafeBufferPointer<UInt8>, upTo position: UnsafePointer<UInt8>?) -> Bool {
        guard let start = buffer.baseAddress, let position = unsafe position else { return false }
        return unsafe position - start == buffer.count
    }
}
