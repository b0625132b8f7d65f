extension HashPool {
    /// Hashes a new password with Argon2id and a fresh random salt.
    /// - Throws: `HashPoolRefusal`, `CancellationError`, `Argon2Failure`.
    package func hash(
        password: [UInt8], parameters: Argon2Parameters, group: FairnessGroup
    ) async throws -> PHCString {
        let secret = SecretBytes(copying: password)
        return try await run(group: group, weight: weight(of: parameters)) { worker in
            try worker.hash(password: secret, parameters: parameters)
        }
    }

    /// Whether `password` has the hash `phc`. Takes as long for a wrong password as for the right one.
    /// - Throws: `HashPoolRefusal`, `CancellationError`, `Argon2Failure`.
    package func verify(password: [UInt8], phc: PHCString, group: FairnessGroup) async throws -> Bool {
        let secret = SecretBytes(copying: password)
        return try await run(group: group, weight: weight(of: phc.parameters)) { worker in
            try worker.verify(password: secret, phc: phc)
        }
    }

    /// Does the work of a `verify` for a user who does not exist, and forgets the answer: it *is* a `verify`, of a hash
    /// that no password has, so that time, queueing and refusals tell nobody which names exist.
    /// - Throws: exactly what `verify` throws.
    package func burn(parameters: Argon2Parameters, password: [UInt8], group: FairnessGroup) async throws {
        let nobody = PHCString(
            variant: .argon2id, parameters: parameters,
            salt: [UInt8](repeating: 0, count: PHCString.ownSaltLength),
            tag: [UInt8](repeating: 0, count: PHCString.ownTagLength))
        _ = try await verify(password: password, phc: nobody, group: group)
    }

    /// Whether `password` has an imported bcrypt hash: `$2a$`, `$2b$` or `$2y$`, cost 4 to 14.
    ///
    /// bcrypt looks at the first 72 bytes only, and so does this: a longer password verifies when those agree. One that
    /// contains a zero byte never does.
    /// - Throws: `MalformedBcryptHash` before anything is queued; `HashPoolRefusal`, `CancellationError`,
    ///   `BcryptFailure`.
    package func verifyBcrypt(password: [UInt8], hash: String, group: FairnessGroup) async throws -> Bool {
        let hash = try BcryptHash(parsing: hash)
        let secret = SecretBytes(copying: password)
        return try await run(group: group, weight: Self.weight(of: hash)) { worker in
            try worker.verifyBcrypt(password: secret, hash: hash)
        }
    }

    /// What a hash with these parameters weighs in the queue: its work in multiples of the reference, at least 1.
    package func weight(of parameters: Argon2Parameters) -> Int {
        let ratio = Double(parameters.workKiB) / Double(core.reference.workKiB)
        return max(1, Int(ratio.rounded()))
    }

    /// What a bcrypt hash weighs. Cost 9 takes about as long as the default Argon2id parameters, and each step doubles.
    package static func weight(of hash: BcryptHash) -> Int { 1 << max(0, hash.cost - 9) }
}
