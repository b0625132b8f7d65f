/// What a job may use while it runs on one of the pool's threads. It cannot be kept: not copyable, lent for the call.
package struct HashWorker: ~Copyable {
    let arena: Argon2Arena

    /// Hashes with Argon2id, a fresh 16-byte salt and a 32-byte tag.
    /// - Throws: `Argon2Failure`.
    package func hash(password: SecretBytes, parameters: Argon2Parameters) throws(Argon2Failure) -> PHCString {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<PHCString.ownSaltLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let tag = try arena.tag(
            parameters: parameters, password: password, salt: salt, count: PHCString.ownTagLength)
        return PHCString(variant: .argon2id, parameters: parameters, salt: salt, tag: tag)
    }

    /// Whether `password` has this hash; the tags are compared in constant time.
    /// - Throws: `Argon2Failure`.
    package func verify(password: SecretBytes, phc: PHCString) throws(Argon2Failure) -> Bool {
        let tag = try arena.tag(
            variant: phc.variant, parameters: phc.parameters, password: password, salt: phc.salt, count: phc.tag.count)
        return equalInConstantTime(tag, phc.tag)
    }

    /// Whether `password` has this imported hash, in the first 72 bytes that bcrypt looks at.
    /// - Throws: `BcryptFailure`.
    package func verifyBcrypt(password: SecretBytes, hash: BcryptHash) throws(BcryptFailure) -> Bool {
        try hash.verify(password)
    }
}
