internal import CCrypt
internal import Glibc

extension BcryptHash {
    /// Whether `password` has this hash. Blocks the calling thread for the whole computation (cost 14: about a second).
    ///
    /// Only the first 72 bytes count, as in every bcrypt: longer passwords were never distinguished by the system that
    /// made the hash. A password with a zero byte is refused, because C implementations stopped reading there and a
    /// prefix would pass; the work is done all the same.
    /// - Throws: `BcryptFailure` when libxcrypt declines, as it does in a process that lacks memory.
    func verify(_ password: SecretBytes) throws(BcryptFailure) -> Bool {
        let stateSize = MemoryLayout<crypt_data>.size
        // libxcrypt's state, then the phrase with a terminating zero.
        let computed = unsafe withWipedScratch(
            byteCount: stateSize + Self.passwordLength + 1
        ) { scratch -> Result<[UInt8], BcryptFailure> in
            let phrase = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[stateSize...])
            unsafe password.withUnsafeBytes { bytes in
                // At most 72 bytes go into these 73, so the last one stays zero.
                unsafe phrase.copyBytes(from: bytes.prefix(Self.passwordLength))
            }
            // Both strings end in zero, and the state has the size that the header asks for.
            let phraseText = unsafe phrase.bindMemory(to: CChar.self).baseAddress
            let result = unsafe crypt_rn(phraseText, text, scratch.baseAddress, Int32(stateSize))
            guard let result = unsafe result else { return .failure(BcryptFailure(errno: errno)) }
            // Points into the state, which is ours until the end of this closure.
            return .success(unsafe Array(String(cString: result).utf8))
        }
        let isEqual = equalInConstantTime(try computed.get(), Array(text.utf8))
        let hasZeroByte = unsafe password.withUnsafeBytes { unsafe $0.contains(0) }
        return isEqual && !hasZeroByte
    }
}

/// libxcrypt declined to compute a hash that was read without fault.
package struct BcryptFailure: Error, Equatable {
    /// The system's error number.
    package let errno: Int32
}
