internal import COpenSSL

extension RSAPrivateKey {
    /// Signs with RSASSA-PKCS1-v1_5 over SHA-256: RS256, RFC 7518 3.3.
    ///
    /// - Returns: as many bytes as the modulus has.
    /// - Throws: `.inconsistentKey` when the numbers of the key are wrong, `.failed`.
    package func signPKCS1v15SHA256(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try sign(message, with: .pkcs1v15)
    }

    /// Signs with RSASSA-PSS over SHA-256, MGF1 with SHA-256 and a salt of 32 bytes: PS256, RFC 7518 3.5.
    ///
    /// - Returns: as many bytes as the modulus has.
    /// - Throws: `.inconsistentKey` when the numbers of the key are wrong, `.failed`.
    package func signPSSSHA256(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        try sign(message, with: .pss)
    }

    /// Whether `signature` is a PKCS1-v1_5 signature of this key over `message`. For checking a signature that was just
    /// made.
    package func isValidPKCS1v15SHA256(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValid(signature, for: message, with: .pkcs1v15)
    }

    /// Whether `signature` is a PSS signature (salt of exactly 32 bytes) of this key over `message`.
    package func isValidPSSSHA256(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        isValid(signature, for: message, with: .pss)
    }

    private func sign(_ message: [UInt8], with padding: Padding) throws(OpenSSLError) -> [UInt8] {
        try Libcrypto.begin()
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        var signature = [UInt8](repeating: 0, count: modulus.count)
        var count = signature.count
        // SAFETY: `context` lives until the end of this call and owns `keyContext`. libcrypto writes at most `count`
        // bytes, and the two arrays stay in place inside their closures.
        guard unsafe context != nil,
            unsafe EVP_DigestSignInit_ex(context, &keyContext, "SHA256", nil, nil, handle.pointer, nil) == 1,
            unsafe padding.apply(to: keyContext),
            unsafe signature.withUnsafeMutableBufferPointer({ output in
                unsafe message.withUnsafeBufferPointer { input in
                    unsafe EVP_DigestSign(context, output.baseAddress, &count, input.baseAddress, input.count)
                }
            }) == 1
        else {
            throw .drainingQueue(.inconsistentKey, "The RSA signature could not be made.")
        }
        guard count == signature.count else {
            throw OpenSSLError(.failed, "The RSA signature has an unexpected length.")
        }
        return signature
    }

    private func isValid(_ signature: [UInt8], for message: [UInt8], with padding: Padding) -> Bool {
        defer { ERR_clear_error() }
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        // SAFETY: as above; both arrays are only read.
        return unsafe context != nil
            && EVP_DigestVerifyInit_ex(context, &keyContext, "SHA256", nil, nil, handle.pointer, nil) == 1
            && padding.apply(to: keyContext)
            && signature.withUnsafeBufferPointer { signature in
                unsafe message.withUnsafeBufferPointer { message in
                    unsafe EVP_DigestVerify(
                        context, signature.baseAddress, signature.count, message.baseAddress, message.count)
                }
            } == 1
    }
}

/// The two signature schemes of JWS with RSA.
private enum Padding {
    case pkcs1v15
    case pss

    /// Sets the scheme on a context that a digest-sign or digest-verify call has just made.
    func apply(to context: OpaquePointer?) -> Bool {
        // SAFETY: the context belongs to the live digest context of the caller.
        switch self {
        case .pkcs1v15:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        case .pss:
            unsafe EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
                && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, 32) == 1
        }
    }
}
