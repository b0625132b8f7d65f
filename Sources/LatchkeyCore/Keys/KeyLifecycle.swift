package import LatchkeyTokens

/// When signing keys are announced, start to sign, stop, and leave the JWKS: a pure function of the key table and the
/// time. A verifier that refreshes its JWKS by HTTP caching rules never meets a `kid` that it could not know.
package struct KeyLifecycle: Sendable {
    /// How long a key is in the JWKS before it may sign.
    package let announcePeriod: Duration
    /// How long a key signs.
    package let rotationPeriod: Duration
    /// How long a retired key stays published: the token horizon plus the largest skew.
    package let retirement: Duration

    package init(announcePeriod: Duration, rotationPeriod: Duration, retirement: Duration) {
        self.announcePeriod = announcePeriod
        self.rotationPeriod = rotationPeriod
        self.retirement = retirement
    }

    /// Due steps, to be done in this order.
    package enum Step: Sendable, Equatable {
        /// Generate a key that signs at once: the first of its algorithm, or after an emergency.
        case createActive(JWSAlgorithm)
        case createAnnounced(JWSAlgorithm)
        /// The announced key starts to sign; the active one of that algorithm retires.
        case activate(KeyID)
        /// A retired key leaves the JWKS.
        case expire(KeyID)
    }

    /// The steps that are due at `now`. After they are applied, no more steps are due at the same instant.
    package func due(keys: [SigningKeyRecord], algorithms: Set<JWSAlgorithm>, now: Timestamp) -> [Step] {
        var steps: [Step] = []
        let inUse = algorithms.union(keys.filter { $0.state == .active }.map(\.algorithm))
        for algorithm in inUse.sorted(by: { $0.rawValue < $1.rawValue }) {
            let mine = keys.filter { $0.algorithm == algorithm }
            let active = mine.first { $0.state == .active }
            let announced = mine.first { $0.state == .announced }
            if let active, let announced {
                let hasServed = now >= (active.activatedAt ?? active.announcedAt) + rotationPeriod
                if hasServed, mayActivate(announced, now: now) {
                    steps += [.activate(announced.id), .createAnnounced(algorithm)]
                }
            } else if active == nil {
                if let announced, mayActivate(announced, now: now) {
                    steps += [.activate(announced.id), .createAnnounced(algorithm)]
                } else {
                    steps.append(.createActive(algorithm))
                    if announced == nil { steps.append(.createAnnounced(algorithm)) }
                }
            } else {
                steps.append(.createAnnounced(algorithm))
            }
        }
        for key in keys where key.state == .retired {
            if let retiredAt = key.retiredAt, now >= retiredAt + retirement { steps.append(.expire(key.id)) }
        }
        return steps
    }

    /// Whether an announced key has been in the JWKS long enough.
    package func mayActivate(_ key: SigningKeyRecord, now: Timestamp) -> Bool {
        key.state == .announced && now >= key.announcedAt + announcePeriod
    }

    /// The steps of a rotation by hand: the same rule decides when a key may sign.
    /// - Throws: ``Refusal`` `conflict` that says how long the announced key must wait.
    package func rotateNow(
        keys: [SigningKeyRecord], algorithm: JWSAlgorithm, now: Timestamp
    ) throws(Refusal) -> [Step] {
        guard let announced = keys.first(where: { $0.algorithm == algorithm && $0.state == .announced }) else {
            throw Refusal(.conflict, "There is no announced key for \(algorithm.rawValue) yet.")
        }
        guard mayActivate(announced, now: now) else {
            let ready = announced.announcedAt + announcePeriod
            throw Refusal(
                .conflict,
                "The next \(algorithm.rawValue) key may sign from \(ready.words): until then verifiers may hold a JWKS without it. For a stolen key use an emergency rotation."
            )
        }
        return [.activate(announced.id), .createAnnounced(algorithm)]
    }
}
