package import Argon2
package import Logging

/// The result of a comparison and its times, so that refusals take equally long.
package struct PasswordComparison: Sendable {
    package let verdict: PasswordVerdict
    /// When a hash thread started it, by ``Clock/uptime``.
    package let began: Duration
    /// How long the Argon2id hash took that every refusal includes.
    package let ownWork: Duration
}

/// What a comparison of a password with a stored hash found.
package enum PasswordVerdict: Sendable, Equatable {
    /// The password is right. With `needsRehash` the stored hash is weaker than the policy: store a new one.
    case match(needsRehash: Bool)
    case mismatch
}

/// Compares passwords with stored hashes, and makes new ones, on the hash pool.
///
/// Unknown users, known users with a wrong password and unreadable rows all take the same path: one job in the pool,
/// with at least one Argon2id hash at the current cost, so that neither time nor refusals distinguish them. On a row of
/// another kind (imported) or with weaker parameters, a wrong password pays that row's cost and the current one; for
/// imported ones ``ForeignHashes`` makes up the difference.
///
/// An imported hash is tried with the password in NFC and as received. A wrong password pays for both, even if they are
/// the same bytes: otherwise the time would show which rows are imported.
package struct PasswordVerifier: Sendable {
    private let pool: HashPool
    private let argon2: Argon2Parameters
    private let clock: Clock
    private let logger: Logger

    /// - Parameter argon2: the policy for new hashes.
    package init(
        pool: HashPool, argon2: Argon2Parameters, clock: Clock = .wall,
        logger: Logger = Logger(label: "latchkey.passwords")
    ) {
        self.pool = pool
        self.argon2 = argon2
        self.clock = clock
        self.logger = logger
    }

    /// Refuses at once when there is no room for one more comparison: then most of a flood does not look into the
    /// store.
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
    ///   - mayMatch: false for an account that may not sign in: equal work, always a mismatch.
    ///   - network: source network; the networks take turns in the pool.
    /// - Throws: `overloaded`, `temporarily_unavailable`, `CancellationError`; a fault of a C library.
    package func compare(
        password: Password, stored: String?, mayMatch: Bool = true, network: String
    ) async throws -> PasswordComparison {
        let format = stored.flatMap(read)
        let current = argon2
        let uptime = clock.uptime
        let needsRehash = format?.needsRehash(for: current) ?? true
        let weight = (format?.weight(in: pool) ?? 0) + (needsRehash ? pool.weight(of: current) : 0)
        // Longer passwords are hashed in part, for equal work and because of the libraries' limits, and refused anyway.
        let isAcceptable = mayMatch && !password.isTooLong
        let secret =
            password.isTooLong
            ? SecretBytes(copying: Array(password.bytes.prefix(Password.maximumBytes))) : password.secret
        let tries = format?.isForeign == true ? Self.tries(of: password, whole: secret) : [secret]
        return try await run(network: network, weight: weight) { worker in
            let began = uptime()
            let matches = (try format?.verify(tries, worker) ?? false) && isAcceptable
            var ownBegan = began
            if needsRehash && !matches {
                ownBegan = uptime()
                _ = try worker.hash(password: secret, parameters: current)
            }
            return PasswordComparison(
                verdict: matches ? .match(needsRehash: needsRehash) : .mismatch, began: began,
                ownWork: uptime() - ownBegan)
        }
    }

    /// ``compare(password:stored:mayMatch:network:)`` for callers that do not need its times.
    package func verify(password: Password, stored: String?, network: String) async throws -> PasswordVerdict {
        try await compare(password: password, stored: stored, network: network).verdict
    }

    /// The secrets that an imported hash is tried with: always two, so that a refusal costs the same whatever was sent.
    static func tries(of password: Password, whole secret: SecretBytes) -> [SecretBytes] {
        [secret, password.isTooLong ? secret : password.received]
    }

    /// The weight of a wrong password on a row with this hash.
    func weight(of format: PasswordHashFormat) -> Int { format.weight(in: pool) }

    /// How long a wrong password takes on a row with this imported hash, beyond the current Argon2id hash: the slowest
    /// of three runs plus a quarter, because a run takes longer when the machine is busy. A run that takes `limit` is
    /// the last.
    /// - Throws: as ``compare(password:stored:mayMatch:network:)``.
    package func measure(
        _ format: PasswordHashFormat, limit: Duration, network: String
    ) async throws -> Duration {
        let guess = SecretBytes(copying: Array("not the password".utf8))
        return try await run(network: network, weight: 3 * format.weight(in: pool)) { worker in
            var slowest = Duration.zero
            for _ in 0..<3 where slowest < limit {
                let start = ContinuousClock.now
                _ = try format.verify([guess, guess], worker)
                slowest = max(slowest, ContinuousClock.now - start)
            }
            return slowest * 5 / 4
        }
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

    /// Networks take turns for the hash threads by the largest range that one holder usually has: an IPv4 /24 and an
    /// IPv6 /48 are one group, so that thousands of addresses of one flooder do not get thousands of turns.
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
    /// Tries the secrets until one matches. Blocks the hash thread for the whole computation.
    fileprivate func verify(_ tries: [SecretBytes], _ worker: borrowing HashWorker) throws -> Bool {
        for secret in tries {
            if try verify(secret, worker) { return true }
        }
        return false
    }

    private func verify(_ password: SecretBytes, _ worker: borrowing HashWorker) throws -> Bool {
        switch self {
        case .argon2(let phc), .foreignArgon2(let phc): return try worker.verify(password: password, phc: phc)
        case .bcrypt(let hash): return try worker.verifyBcrypt(password: password, hash: hash)
        case .digestedBcrypt(let hash):
            return try worker.verifyBcrypt(password: hash.digested(password), hash: hash.bcrypt)
        case .scrypt(let hash):
            return try hash.verify(password.copied)
        case .pbkdf2(let hash):
            return try hash.verify(password.copied)
        }
    }

    /// The weight of a wrong password, in the pool's queue.
    fileprivate func weight(in pool: HashPool) -> Int {
        switch self {
        case .argon2(let phc): pool.weight(of: phc.parameters)
        case .foreignArgon2(let phc): 2 * pool.weight(of: phc.parameters)
        case .bcrypt(let hash): 2 * HashPool.weight(of: hash)
        case .digestedBcrypt(let hash): 2 * HashPool.weight(of: hash.bcrypt)
        case .scrypt(let hash): 2 * hash.weight
        case .pbkdf2(let hash): 2 * hash.weight
        }
    }

    /// Imported hashes of one kind cost the same.
    var kind: String {
        switch self {
        case .argon2(let phc), .foreignArgon2(let phc):
            "argon2 \(phc.parameters.memoryKiB) \(phc.parameters.iterations) \(phc.parameters.parallelism)"
        case .bcrypt(let hash): "bcrypt \(hash.cost)"
        case .digestedBcrypt(let hash): "bcrypt \(hash.bcrypt.cost)"
        case .scrypt(let hash): hash.kind
        case .pbkdf2(let hash): hash.kind
        }
    }
}

extension SecretBytes {
    /// libcrypto takes an array; foreign hashes verify only once, so the extra copy is rare. The array owns it.
    fileprivate var copied: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
