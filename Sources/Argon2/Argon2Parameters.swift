/// The cost of one Argon2 hash, inside the bounds that this server is willing to compute.
///
/// A value of this type is the only way to reach libargon2, so a doctored row that asks for terabytes or years is
/// refused by the initialiser and never allocates anything. RFC 9106 section 3.1.
package struct Argon2Parameters: Sendable, Hashable {
    /// Lower bound of the memory per lane; the algorithm itself needs eight blocks of 1 KiB for each.
    package static let memoryKiBPerLane = 8
    /// Upper bound of the memory: 4 GiB.
    package static let maximumMemoryKiB = 4_194_304
    /// Accepted number of passes.
    package static let iterationsRange = 1...64
    /// Accepted number of lanes.
    package static let parallelismRange = 1...16

    /// 19 MiB, two passes, one lane: a member of OWASP's set, and cheap enough in memory for many parallel logins.
    package static let `default` = Argon2Parameters(uncheckedMemoryKiB: 19_456, iterations: 2, parallelism: 1)

    /// Memory of one hash in KiB over all lanes, 8 · parallelism to 4194304.
    package let memoryKiB: Int
    /// Passes over that memory, 1 to 64.
    package let iterations: Int
    /// Lanes, 1 to 16. They change the result, but a hash here always runs on a single thread.
    package let parallelism: Int

    /// Accepts parameters within the bounds.
    /// - Throws: the first bound that is broken: parallelism, then memory, then iterations.
    package init(memoryKiB: Int, iterations: Int, parallelism: Int) throws(Argon2ParametersError) {
        guard Self.parallelismRange.contains(parallelism) else { throw .parallelism }
        guard memoryKiB >= Self.memoryKiBPerLane * parallelism, memoryKiB <= Self.maximumMemoryKiB else {
            throw .memory
        }
        guard Self.iterationsRange.contains(iterations) else { throw .iterations }
        self.init(uncheckedMemoryKiB: memoryKiB, iterations: iterations, parallelism: parallelism)
    }

    private init(uncheckedMemoryKiB memoryKiB: Int, iterations: Int, parallelism: Int) {
        self.memoryKiB = memoryKiB
        self.iterations = iterations
        self.parallelism = parallelism
    }
}

/// Which bound a set of Argon2 parameters breaks.
package enum Argon2ParametersError: Error, Equatable {
    /// Less than 8 KiB a lane or more than 4 GiB.
    case memory
    /// Not 1 to 64 passes.
    case iterations
    /// Not 1 to 16 lanes.
    case parallelism
}

extension Argon2ParametersError: CustomStringConvertible {
    /// A sentence for the operator, naming the accepted range.
    package var description: String {
        switch self {
        case .memory: "memory must be 8 KiB per lane to 4194304 KiB"
        case .iterations: "iterations must be 1 to 64"
        case .parallelism: "parallelism must be 1 to 16"
        }
    }
}
