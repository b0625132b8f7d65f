internal import COpenSSL

/// One `-----BEGIN LABEL-----` block (RFC 7468, and the older form with headers), its base64 decoded.
struct PEMBlock {
    /// The words after `BEGIN`.
    let label: String
    /// Whether the label or a `Proc-Type` header (RFC 1421 4.6.1.1) says that the contents are encrypted.
    let isEncrypted: Bool
    /// The decoded bytes.
    let contents: [UInt8]

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
            throw OpenSSLError(.severalBlocks, "The PEM text must hold one private key and nothing else.")
        }
        guard reachedEnd else {
            throw .drainingQueue(.malformed, "A PEM block is damaged.")
        }
        ERR_clear_error()
        return blocks
    }

    /// Reads the next block; nil at the end or at a damaged one, which the error queue tells apart.
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
