extension Argon2Parameters {
    /// OWASP's sets of equal strength for one lane, most memory first: less memory is paid for with more passes.
    static let owaspMinimums: [(memoryKiB: Int, iterations: Int)] = [
        (47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5),
    ]

    /// Whether no set of OWASP's Password Storage Cheat Sheet is reached in memory and passes alike.
    /// The server warns once about it and goes on, since tests need cheap hashes.
    package var isBelowOWASPMinimum: Bool {
        !Self.owaspMinimums.contains { memoryKiB >= $0.memoryKiB && iterations >= $0.iterations }
    }

    /// Memory filled over all passes, in KiB: what the time of a hash is proportional to.
    package var workKiB: Int { memoryKiB * iterations }

    /// Whether a hash stored with these parameters should be replaced by one with `policy`.
    ///
    /// Weaker means less memory or less work in all. More memory with fewer passes and the same work is not weaker, so
    /// a policy that moves inside OWASP's set towards less memory rehashes nothing. Lanes do not count: they cost an
    /// attacker as much as they cost us. Never true for equal parameters, so a rehash does not repeat itself.
    package func isWeaker(than policy: Argon2Parameters) -> Bool {
        memoryKiB < policy.memoryKiB || workKiB < policy.workKiB
    }
}
