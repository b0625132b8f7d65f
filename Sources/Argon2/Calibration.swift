/// Proposes parameters for the machine it runs on: as much memory as budget and time allow, then passes.
///
/// Memory first, because it is what makes an attacker's hardware expensive (RFC 9106 section 4). Passes fill the
/// remaining time when the memory budget is the tighter limit.
package struct Calibration: Sendable {
    /// The result of a calibration.
    package struct Proposal: Sendable, Equatable {
        /// One lane; never below OWASP's minimum.
        package var parameters: Argon2Parameters
        /// The time of one hash.
        package var measured: Duration
        /// False when even the cheapest acceptable parameters take longer than requested, or more memory than given.
        package var isWithinTarget: Bool
    }

    /// The acceptable parameters with the least memory.
    private static let smallest = Argon2Parameters.owaspMinimums[Argon2Parameters.owaspMinimums.count - 1]

    /// The longest time that one hash may take.
    package let target: Duration
    /// Memory for all threads together, in KiB.
    package let memoryBudgetKiB: Int
    /// Hashes computed at the same time.
    package let threads: Int

    /// Measures nothing yet.
    package init(target: Duration, memoryBudgetKiB: Int, threads: Int) {
        self.target = target
        self.memoryBudgetKiB = memoryBudgetKiB
        self.threads = max(1, threads)
    }

    /// Finds parameters with a handful of measurements.
    /// - Parameter measure: the time that one hash with the given parameters takes. Hashes on all threads at the same
    ///   time share the memory bus; a caller that wants to include that measures in that way.
    /// - Throws: the errors of `measure`.
    package func propose(measure: (Argon2Parameters) throws -> Duration) throws -> Proposal {
        let budgetKiB = min(memoryBudgetKiB / threads, Argon2Parameters.maximumMemoryKiB)
        if let proposal = try withMostMemory(budgetKiB, measure: measure) { return proposal }
        // Down OWASP's set, the cheapest last; every result is at least acceptable.
        var cheapest: Proposal?
        for (memoryKiB, iterations) in Argon2Parameters.owaspMinimums where memoryKiB <= budgetKiB {
            let parameters = try Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: 1)
            let measured = try measure(parameters)
            let proposal = Proposal(parameters: parameters, measured: measured, isWithinTarget: measured <= target)
            if proposal.isWithinTarget { return proposal }
            if measured < cheapest?.measured ?? .seconds(Int64.max) { cheapest = proposal }
        }
        if let cheapest { return cheapest }
        let (memoryKiB, iterations) = Self.smallest
        let parameters = try Argon2Parameters(memoryKiB: memoryKiB, iterations: iterations, parallelism: 1)
        return Proposal(parameters: parameters, measured: try measure(parameters), isWithinTarget: false)
    }

    /// Shrinks the memory until a single pass fits the time, then adds passes; nil when that ends below the minimum.
    private func withMostMemory(
        _ budgetKiB: Int, measure: (Argon2Parameters) throws -> Duration
    ) throws -> Proposal? {
        var memoryKiB = budgetKiB
        for _ in 0..<8 {
            guard memoryKiB >= Self.smallest.memoryKiB else { return nil }
            let single = try Argon2Parameters(memoryKiB: memoryKiB, iterations: 1, parallelism: 1)
            let once = try measure(single)
            if once <= target { return try withMostPasses(single, once: once, measure: measure) }
            // Time grows a little faster than memory; the tenth less saves a round.
            memoryKiB = Int(Double(memoryKiB) * (target / once) * 0.9) / 1024 * 1024
        }
        return nil
    }

    private func withMostPasses(
        _ single: Argon2Parameters, once: Duration, measure: (Argon2Parameters) throws -> Duration
    ) throws -> Proposal? {
        var best = Proposal(parameters: single, measured: once, isWithinTarget: true)
        let ratio = once > .zero ? target / once : Double(Argon2Parameters.iterationsRange.upperBound)
        var iterations = Int(min(ratio, Double(Argon2Parameters.iterationsRange.upperBound)))
        while iterations > 1 {
            let parameters = try Argon2Parameters(memoryKiB: single.memoryKiB, iterations: iterations, parallelism: 1)
            let measured = try measure(parameters)
            if measured <= target {
                best = Proposal(parameters: parameters, measured: measured, isWithinTarget: true)
                break
            }
            iterations -= 1
        }
        return best.parameters.isBelowOWASPMinimum ? nil : best
    }
}

extension Calibration {
    /// The median of three hashes on the calling thread, after one that faults the memory in. For `propose`.
    /// - Throws: `Argon2Failure` when the memory is not available.
    package static func measureOnThisThread(_ parameters: Argon2Parameters) throws -> Duration {
        let arena = Argon2Arena(reservingKiB: parameters.memoryKiB)
        let password = SecretBytes(copying: Array("correct horse battery staple".utf8))
        let salt = [UInt8](repeating: 0, count: PHCString.ownSaltLength)
        func once() throws -> Duration {
            let start = ContinuousClock.now
            _ = try arena.tag(
                parameters: parameters, password: password, salt: salt, count: PHCString.ownTagLength)
            return ContinuousClock.now - start
        }
        _ = try once()
        return [try once(), try once(), try once()].sorted()[1]
    }
}
