internal import CCrypt
internal import Glibc
internal import LatchkeyBytes

/// A bcrypt hash from another system, read for import. We verify such hashes once and never write them.
///
/// `$2b$<cost>$<22 characters of salt><31 characters of tag>`, in bcrypt's own base64. The prefixes `2a`, `2b` and `2y`
/// are accepted; `2x` marks hashes of a broken implementation and is not.
package struct BcryptHash: Sendable, Equatable {
    /// Accepted base-2 logarithm of the rounds. 15 and more takes seconds, which is an attack and not a hash.
    package static let costs = 4...14
    /// bcrypt uses no more bytes of a password than these; the bytes after them cannot be verified.
    package static let passwordLength = 72

    /// Base-2 logarithm of the number of rounds, 4 to 14.
    package let cost: Int
    /// The 60 ASCII characters of the hash, as bcrypt itself writes them: with zeros in the unused bits.
    package let text: String
    /// The 22 characters of salt, for schemes that use the characters themselves.
    package var salt: ArraySlice<UInt8> { Array(text.utf8)[7..<29] }

    /// Reads a hash strictly. Any values are accepted in the unused bits: some libraries leave random ones in the last
    /// character of the salt.
    /// - Throws: the first thing that is wrong, from left to right.
    package init(parsing text: String) throws(MalformedBcryptHash) {
        guard text.utf8.count == 60 else { throw .length }
        let bytes = Array(text.utf8)
        guard bytes[0...1].elementsEqual("$2".utf8), "aby".utf8.contains(bytes[2]), bytes[3] == UInt8(ascii: "$") else {
            throw .prefix
        }
        let digits = bytes[4...5].map { Int($0) - Int(UInt8(ascii: "0")) }
        guard digits.allSatisfy({ (0...9).contains($0) }), bytes[6] == UInt8(ascii: "$") else { throw .cost }
        let cost = digits[0] * 10 + digits[1]
        guard Self.costs.contains(cost) else { throw .cost }

        let values = bytes[7...].map(Self.value)
        guard let salt = Self.allPresent(values[..<22]) else { throw .salt }
        guard let tag = Self.allPresent(values[22...]) else { throw .tag }
        // 128 bits of salt leave four unused bits in its last character, 184 bits of tag leave two. Computed hashes have
        // zeros there, and a stored one must compare equal to them.
        var canonical = bytes
        canonical[28] = Self.alphabet[salt[21] & 0b11_0000]
        canonical[59] = Self.alphabet[tag[30] & 0b11_1100]
        self.cost = cost
        self.text = String(decoding: canonical, as: UTF8.self)
    }

    private static let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func allPresent(_ values: ArraySlice<Int?>) -> [Int]? {
        let present = values.compactMap { $0 }
        return present.count == values.count ? present : nil
    }

    private static func value(_ character: UInt8) -> Int? {
        switch character {
        case UInt8(ascii: "."): 0
        case UInt8(ascii: "/"): 1
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(character - UInt8(ascii: "A")) + 2
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(character - UInt8(ascii: "a")) + 28
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(character - UInt8(ascii: "0")) + 54
        default: nil
        }
    }
}

/// Why a text is not a bcrypt hash that this server reads.
package enum MalformedBcryptHash: Error, Equatable {
    /// Not exactly 60 bytes.
    case length
    /// Not `$2a$`, `$2b$` or `$2y$`.
    case prefix
    /// Not two digits, 04 to 14.
    case cost
    /// Not 22 characters of bcrypt's base64.
    case salt
    /// Not 31 characters of bcrypt's base64.
    case tag
}

extension BcryptHash {
    /// Whether `password` has this hash. Blocks the calling thread for the whole computation (cost 14: about a second).
    ///
    /// Only the first 72 bytes count, as in every bcrypt: the system that made the hash never distinguished longer
    /// passwords. A password with a zero byte is refused, because C implementations stopped reading there and a prefix
    /// would match; the work is done anyway.
    /// - Throws: `BcryptFailure` when libxcrypt refuses, as it does in a process without enough memory.
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
            // Both strings end in zero, and the state has the size that the header requires.
            let phraseText = unsafe phrase.bindMemory(to: CChar.self).baseAddress
            let result = unsafe crypt_rn(phraseText, text, scratch.baseAddress, Int32(stateSize))
            guard let result = unsafe result else { return .failure(BcryptFailure(errno: errno)) }
            // Points into the state, which is ours until the end of this closure.
            return .success(unsafe Array(String(cString: result).utf8))
        }
        let isEqual = ConstantTime.equal(try computed.get(), Array(text.utf8))
        let hasZeroByte = unsafe password.withUnsafeBytes { unsafe $0.contains(0) }
        return isEqual && !hasZeroByte
    }
}

/// libxcrypt refused to compute a hash that was read without fault.
package struct BcryptFailure: Error, Equatable {
    /// The system's error number.
    package let errno: Int32
}
