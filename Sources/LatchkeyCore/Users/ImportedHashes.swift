import LatchkeyTokens
import OpenSSL

/// An imported scrypt hash: `$scrypt$ln=14,r=8,p=1$<salt>$<hash>`, salt and hash in base64 without padding, as passlib
/// writes it.
package struct ScryptHash: Sendable, Equatable {
    /// Accepted bytes of salt.
    package static let saltLengths = 1...128
    /// Accepted bytes of hash.
    package static let keyLengths = 16...64

    let logarithm: Int
    let blockSize: Int
    let parallelism: Int
    let salt: [UInt8]
    let key: [UInt8]

    /// - Throws: the first thing that is wrong, from left to right.
    package init(parsing text: String) throws(MalformedPasswordHash) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else {
            throw MalformedPasswordHash("The scrypt hash does not have the form $scrypt$cost$salt$hash.")
        }
        let fields = parts[2].split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count == 3,
            let logarithm = DecimalField.value(fields[0], after: "ln="),
            let blockSize = DecimalField.value(fields[1], after: "r="),
            let parallelism = DecimalField.value(fields[2], after: "p=")
        else {
            throw MalformedPasswordHash("The cost of the scrypt hash is not written as ln=…,r=…,p=….")
        }
        guard (1...20).contains(logarithm), ScryptBounds.contain(N: 1 << logarithm, r: blockSize, p: parallelism) else {
            throw MalformedPasswordHash(
                "The cost of the scrypt hash is out of bounds: at most 256 MiB and r times p 128.")
        }
        guard let salt = PasswordHashBase64.decode(parts[3], .standard), Self.saltLengths.contains(salt.count) else {
            throw MalformedPasswordHash("The salt of the scrypt hash is not base64 of 1 to 128 bytes without padding.")
        }
        guard let key = PasswordHashBase64.decode(parts[4], .standard), Self.keyLengths.contains(key.count) else {
            throw MalformedPasswordHash("The scrypt hash is not base64 of 16 to 64 bytes without padding.")
        }
        self.logarithm = logarithm
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.salt = salt
        self.key = key
    }

    /// Blocks the calling thread for the whole computation; compares in constant time.
    /// - Throws: `OpenSSLError` when libcrypto fails, as it does without memory.
    func verify(_ password: [UInt8]) throws(OpenSSLError) -> Bool {
        let computed = try scrypt(
            password: password, salt: salt, N: 1 << logarithm, r: blockSize, p: parallelism, length: key.count)
        return ConstantTime.equal(computed, key)
    }

    /// Cost in units of one hash with the default Argon2id parameters, roughly: both are bound by memory traffic.
    var weight: Int { max(1, (128 << logarithm) * blockSize * parallelism / (8 << 20)) }
}

/// Numbers inside stored hashes: digits only, no sign, no leading zero, at most nine of them.
enum DecimalField {
    static func value(_ field: some StringProtocol, after label: String = "") -> Int? {
        guard field.hasPrefix(label) else { return nil }
        let digits = field.dropFirst(label.count)
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            !digits.hasPrefix("0") || digits.utf8.count == 1
        else { return nil }
        return Int(digits)
    }
}

/// The spellings of base64 that password hashes use; only the canonical one of each is read.
enum PasswordHashBase64 {
    enum Alphabet {
        /// `+` and `/`, no padding.
        case standard
        /// `.` and `/`, no padding (passlib's ab64).
        case adapted
        /// `+` and `/`, padded.
        case padded
    }

    /// Nil for anything that is not canonical in that alphabet.
    static func decode(_ text: some StringProtocol, _ alphabet: Alphabet) -> [UInt8]? {
        var characters = Array(text.utf8)
        if alphabet == .padded {
            guard characters.count % 4 == 0 else { return nil }
            var padding = 0
            while padding < 2, characters.last == UInt8(ascii: "=") {
                characters.removeLast()
                padding += 1
            }
            guard padding == (4 - characters.count % 4) % 4 else { return nil }
        }
        let plus = UInt8(ascii: alphabet == .adapted ? "." : "+")
        var translated: [UInt8] = []
        translated.reserveCapacity(characters.count)
        for character in characters {
            switch character {
            case plus: translated.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): translated.append(UInt8(ascii: "_"))
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: translated.append(character)
            }
        }
        return Base64URL.decode(translated)
    }
}

/// An imported PBKDF2 hash, in passlib's form `$pbkdf2-sha256$<iterations>$<salt>$<hash>` (also `-sha512`, and
/// `$pbkdf2$` for SHA-1; salt and hash in ab64), or in Django's `pbkdf2_sha256$<iterations>$<salt text>$<base64>` (also
/// `pbkdf2_sha1`).
package struct PBKDF2PasswordHash: Sendable, Equatable {
    /// Accepted bytes of salt.
    package static let saltLengths = 1...128

    let hash: PBKDF2Hash
    let iterations: Int
    let salt: [UInt8]
    let key: [UInt8]

    /// - Throws: the first thing that is wrong, from left to right.
    package init(parsing text: String) throws(MalformedPasswordHash) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        if parts.count == 5, parts[0].isEmpty {
            let hashes: [Substring: PBKDF2Hash] = ["pbkdf2": .sha1, "pbkdf2-sha256": .sha256, "pbkdf2-sha512": .sha512]
            try self.init(
                hash: hashes[parts[1]], iterations: parts[2], salt: PasswordHashBase64.decode(parts[3], .adapted),
                key: PasswordHashBase64.decode(parts[4], .adapted))
        } else if parts.count == 4 {
            let hashes: [Substring: PBKDF2Hash] = ["pbkdf2_sha1": .sha1, "pbkdf2_sha256": .sha256]
            try self.init(
                hash: hashes[parts[0]], iterations: parts[1], salt: Array(parts[2].utf8),
                key: PasswordHashBase64.decode(parts[3], .padded))
        } else {
            throw MalformedPasswordHash("The PBKDF2 hash does not have the form $pbkdf2-sha256$iterations$salt$hash.")
        }
    }

    private init(
        hash: PBKDF2Hash?, iterations: Substring, salt: [UInt8]?, key: [UInt8]?
    ) throws(MalformedPasswordHash) {
        guard let hash else { throw MalformedPasswordHash("The PBKDF2 hash is not of SHA-1, SHA-256 or SHA-512.") }
        guard let iterations = DecimalField.value(iterations),
            PBKDF2Bounds.contain(iterations: iterations, hash: hash, length: hash.blockBytes)
        else {
            throw MalformedPasswordHash("The iterations of the PBKDF2 hash are not a number from 1 to 10000000.")
        }
        guard let salt, Self.saltLengths.contains(salt.count) else {
            throw MalformedPasswordHash("The salt of the PBKDF2 hash does not have 1 to 128 bytes.")
        }
        // Exactly one block: everybody writes that, and a short key would be a weak comparison.
        guard let key, key.count == hash.blockBytes else {
            throw MalformedPasswordHash("The PBKDF2 hash is not base64 of \(hash.blockBytes) bytes.")
        }
        self.hash = hash
        self.iterations = iterations
        self.salt = salt
        self.key = key
    }

    /// Blocks the calling thread for the whole computation; compares in constant time.
    /// - Throws: `OpenSSLError` when libcrypto fails.
    func verify(_ password: [UInt8]) throws(OpenSSLError) -> Bool {
        let computed = try pbkdf2(
            password: password, salt: salt, iterations: iterations, hash: hash, length: key.count)
        return ConstantTime.equal(computed, key)
    }

    /// Cost in units of one hash with the default Argon2id parameters, roughly.
    var weight: Int { max(1, iterations / 50_000) }
}
