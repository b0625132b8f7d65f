import LatchkeyBytes
import OpenSSL

/// An imported scrypt hash, in one of three text forms:
///
/// - passlib: `$scrypt$ln=14,r=8,p=1$<salt>$<key>`, both in base64;
/// - Django: `scrypt$16384$<salt text>$8$5$<key in base64>`;
/// - Spring Security: `$e0801$<salt>$<key>` behind `{scrypt}`, the costs as one hexadecimal number.
package struct ScryptHash: Sendable, Equatable {
    /// Accepted bytes of salt.
    package static let saltLengths = 1...128
    /// Accepted bytes of key.
    package static let keyLengths = 16...64

    let logarithm: Int
    let blockSize: Int
    let parallelism: Int
    let salt: [UInt8]
    let key: [UInt8]

    /// passlib's form.
    /// - Throws: the first thing that is wrong, from left to right.
    init(passlib text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        guard parts.count == 5, parts[0].isEmpty, parts[1].elementsEqual("scrypt".utf8) else {
            throw MalformedPasswordHash("The scrypt hash does not have the form $scrypt$cost$salt$hash.")
        }
        let fields = HashText.parts(parts[2], at: ",")
        guard fields.count == 3,
            let logarithm = DecimalField.value(fields[0], after: "ln="),
            let blockSize = DecimalField.value(fields[1], after: "r="),
            let parallelism = DecimalField.value(fields[2], after: "p=")
        else {
            throw MalformedPasswordHash("The cost of the scrypt hash is not written as ln=…,r=…,p=….")
        }
        try self.init(
            logarithm: logarithm, blockSize: blockSize, parallelism: parallelism, salt: Base64.decode(parts[3]),
            key: Base64.decode(parts[4]))
    }

    /// Django's form.
    /// - Throws: the first thing that is wrong, from left to right.
    init(django text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        guard parts.count == 6, parts[0].elementsEqual("scrypt".utf8) else {
            throw MalformedPasswordHash("The scrypt hash does not have Django's form scrypt$N$salt$r$p$hash.")
        }
        guard let cost = DecimalField.value(parts[1]), let blockSize = DecimalField.value(parts[3]),
            let parallelism = DecimalField.value(parts[4]), cost > 1, cost & (cost - 1) == 0
        else {
            throw MalformedPasswordHash("The cost of the scrypt hash is not made of three numbers, N a power of two.")
        }
        try self.init(
            logarithm: cost.trailingZeroBitCount, blockSize: blockSize, parallelism: parallelism,
            salt: Array(parts[2]), key: Base64.decode(parts[5]))
    }

    /// Spring Security's form, without `{scrypt}`.
    /// - Throws: the first thing that is wrong, from left to right.
    init(spring text: ArraySlice<UInt8>) throws(MalformedPasswordHash) {
        let parts = HashText.parts(text)
        guard parts.count == 4, parts[0].isEmpty else {
            throw MalformedPasswordHash("The scrypt hash does not have Spring Security's form $cost$salt$hash.")
        }
        // The logarithm of N, then r and p in two digits each.
        let digits = parts[1].compactMap(Hexadecimal.value(of:))
        guard (5...6).contains(digits.count), digits.count == parts[1].count else {
            throw MalformedPasswordHash("The cost of the scrypt hash is not a hexadecimal number such as e0801.")
        }
        let cost = digits.reduce(0) { $0 << 4 | Int($1) }
        try self.init(
            logarithm: cost >> 16, blockSize: cost >> 8 & 0xFF, parallelism: cost & 0xFF,
            salt: Base64.decode(parts[2]), key: Base64.decode(parts[3]))
    }

    private init(
        logarithm: Int, blockSize: Int, parallelism: Int, salt: [UInt8]?, key: [UInt8]?
    ) throws(MalformedPasswordHash) {
        guard (1...20).contains(logarithm), ScryptBounds.contain(N: 1 << logarithm, r: blockSize, p: parallelism) else {
            throw MalformedPasswordHash(
                "The cost of the scrypt hash is out of bounds: at most 256 MiB and r times p 128.")
        }
        guard let salt, Self.saltLengths.contains(salt.count) else {
            throw MalformedPasswordHash("The salt of the scrypt hash does not have 1 to 128 bytes, or is not base64.")
        }
        guard let key, Self.keyLengths.contains(key.count) else {
            throw MalformedPasswordHash("The scrypt hash is not base64 of 16 to 64 bytes.")
        }
        self.logarithm = logarithm
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.salt = salt
        self.key = key
    }

    /// Blocks the calling thread for the whole computation; compares in constant time.
    /// - Throws: `OpenSSLError` when libcrypto fails, for instance without memory.
    func verify(_ password: [UInt8]) throws(OpenSSLError) -> Bool {
        let computed = try scrypt(
            password: password, salt: salt, N: 1 << logarithm, r: blockSize, p: parallelism, length: key.count)
        return ConstantTime.equal(computed, key)
    }

    /// Hashes of one kind cost the same.
    var kind: String { "scrypt \(logarithm) \(blockSize) \(parallelism)" }

    /// Cost in units of one hash with the default Argon2id parameters, roughly: both are bound by memory traffic.
    var weight: Int { max(1, (128 << logarithm) * blockSize * parallelism / (8 << 20)) }
}
