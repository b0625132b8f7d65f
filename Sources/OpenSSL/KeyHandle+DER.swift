internal import COpenSSL

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
        // SAFETY: the first call told how many bytes the second one writes; the structure did not change in between.
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
