import LatchkeyTokens
import OpenSSL

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
