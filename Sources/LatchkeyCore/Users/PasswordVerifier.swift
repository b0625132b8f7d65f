package import Argon2
package import Logging

/// What a comparison of a password with a stored hash found.
package enum PasswordVerdict: Sendable, Equatable {
    /// The password is right. With `needsRehash` the stored hash is weaker than the policy: store a new one.
    case match(needsRehash: Bool)
    case mismatch
}

/// Compares passwords with stored hashes, and makes new ones, on the hash pool.
///
/// Unknown users, known users with a wrong password and rows that cannot be read all take the same path: one job in the
/// pool, with at least one Argon2id hash at the current cost, so that neither time nor refusals tell them apart. On
/// a row of another kind (imported) or with weaker parameters, a wrong password pays that row's cost and the current
/// one.
package struct PasswordVerifier: Sendable {
    private let pool: HashPool
    private let argon2: Argon2Parameters
    private let logger: Logger

    /// - Parameter argon2: the policy for new hashes.
    package init(pool: HashPool, argon2: Argon2Parameters, logger: Logger = Logger(label: "latchkey.passwords")) {
        self.pool = pool
        self.argon2 = argon2
        self.logger = logger
    }

    /// Refuses at once when there is no room for one more comparison: most of a flood then costs no look into the store.
    /// - Throws: `overloaded`, `temporarily_unavailable`.
    package func checkRoom(network: String) throws {
        do {
            try pool.checkRoom(group: Self.fairnessGroup(of: network), weight: pool.weight(of: argon2))
        } catch {
            throw Refusal(hashing: error)
        }
    }

    /// Compares. A password over 1024 bytes never matches.
    ///
    /// - Parameters:
    ///   - stored: `nil` for a user that does not exist: equal work, always a mismatch.
    ///   - network: source network; the networks take turns in the pool.
    /// - Throws: `overloaded`, `temporarily_unavailable`, `CancellationError`; a fault of a C library.
    package func verify(password: Password, stored: String?, network: String) async throws -> PasswordVerdict {
        let format = stored.flatMap(read)
        let current = argon2
        let needsRehash = format?.needsRehash(for: current) ?? true
        let weight = (format?.weight(in: pool) ?? 0) + (needsRehash ? pool.weight(of: current) : 0)
        // Longer ones are hashed in part, for the sake of equal work and of the libraries' limits, and refused anyway.
        let isAcceptable = !password.isTooLong
        let secret =
            isAcceptable ? password.secret : SecretBytes(copying: Array(password.bytes.prefix(Password.maximumBytes)))
        let matches = try await run(network: network, weight: weight) { worker in
            let matches = (try format?.verify(secret, worker) ?? false) && isAcceptable
            if needsRehash && !matches { _ = try worker.hash(password: secret, parameters: current) }
            return matches
        }
        return matches ? .match(needsRehash: needsRehash) : .mismatch
    }

    /// A new Argon2id hash with the current parameters, as text to store.
    /// - Throws: `overloaded`, `temporarily_unavailable`, `CancellationError`; a fault of libargon2.
    package func hash(password: Password, network: String) async throws -> String {
        let current = argon2
        let secret = password.secret
        let phc = try await run(network: network, weight: pool.weight(of: current)) { worker in
            try worker.hash(password: secret, parameters: current)
        }
        return phc.description
    }

    private func read(_ stored: String) -> PasswordHashFormat? {
        do {
            return try PasswordHashFormat(parsing: stored)
        } catch {
            logger.error(
                "a stored password hash cannot be read; its user cannot log in", metadata: ["lk.error": "\(error)"])
            return nil
        }
    }

    /// Networks take turns for the hash threads by what one holder can have many of: an IPv4 /24 and an IPv6 /48 are one
    /// group, so that thousands of addresses of one flooder are not thousands of turns.
    static func fairnessGroup(of network: String) -> FairnessGroup {
        if network.contains(":") {
            return FairnessGroup(
                network.split(separator: ":", omittingEmptySubsequences: false).prefix(3).joined(separator: ":"))
        }
        return FairnessGroup(network.split(separator: ".").prefix(3).joined(separator: "."))
    }

    private func run<Value: Sendable>(
        network: String, weight: Int, _ job: @escaping @Sendable (borrowing HashWorker) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.run(group: Self.fairnessGroup(of: network), weight: weight, job)
        } catch let refusal as HashPoolRefusal {
            throw Refusal(hashing: refusal)
        }
    }
}

extension Refusal {
    /// The hash pool's "not now", as told to a client.
    package init(hashing refusal: HashPoolRefusal) {
        switch refusal {
        case .overloaded(let retryAfter):
            self.init(.overloaded, "Too many logins are waiting: try again in a moment.", retryAfter: retryAfter)
        case .shuttingDown:
            self.init(.temporarilyUnavailable, "The server is stopping: try again.", retryAfter: .seconds(1))
        }
    }
}

extension PasswordHashFormat {
    /// Blocks the hash thread for the whole computation.
    fileprivate func verify(_ password: SecretBytes, _ worker: borrowing HashWorker) throws -> Bool {
        switch self {
        case .argon2(let phc): return try worker.verify(password: password, phc: phc)
        case .bcrypt(let hash): return try worker.verifyBcrypt(password: password, hash: hash)
        case .scrypt(let hash):
            return try hash.verify(password.copied)
        case .pbkdf2(let hash):
            return try hash.verify(password.copied)
        }
    }

    fileprivate func weight(in pool: HashPool) -> Int {
        switch self {
        case .argon2(let phc): pool.weight(of: phc.parameters)
        case .bcrypt(let hash): HashPool.weight(of: hash)
        case .scrypt(let hash): hash.weight
        case .pbkdf2(let hash): hash.weight
        }
    }
}

extension SecretBytes {
    /// libcrypto takes an array; foreign hashes verify once in their life, so the extra copy is rare. The array owns
    /// it.
    fileprivate var copied: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
