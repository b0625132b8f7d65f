internal import CArgon2

/// The cost of one Argon2 hash, within the limits that this server accepts.
///
/// Only a value of this type reaches libargon2. So the initialiser refuses a manipulated row that asks for terabytes or
/// years, and nothing is allocated for it. RFC 9106 section 3.1.
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

    /// Accepts parameters within the limits.
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

/// Which limit a set of Argon2 parameters breaks.
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

extension Argon2Parameters {
    /// OWASP's sets of equal strength for one lane, most memory first: less memory needs more passes.
    static let owaspMinimums: [(memoryKiB: Int, iterations: Int)] = [
        (47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5),
    ]

    /// Whether the parameters reach none of the sets of OWASP's Password Storage Cheat Sheet in both memory and passes.
    /// The server warns once about it and continues, because tests need cheap hashes.
    package var isBelowOWASPMinimum: Bool {
        !Self.owaspMinimums.contains { memoryKiB >= $0.memoryKiB && iterations >= $0.iterations }
    }

    /// Memory filled over all passes, in KiB: what the time of a hash is proportional to.
    package var workKiB: Int { memoryKiB * iterations }

    /// Whether a hash stored with these parameters should be replaced by one with `policy`.
    ///
    /// Weaker means less memory or less work in total. More memory with fewer passes and the same work is not weaker,
    /// so a policy that moves inside OWASP's set towards less memory rehashes nothing. Lanes do not count: they cost an
    /// attacker as much as they cost us. Never true for equal parameters, so a rehash does not repeat itself.
    package func isWeaker(than policy: Argon2Parameters) -> Bool {
        memoryKiB < policy.memoryKiB || workKiB < policy.workKiB
    }
}

/// The three members of the Argon2 family. We write only Argon2id; the others are read from imported hashes.
package enum Argon2Variant: String, Sendable, CaseIterable {
    /// The recommendation of RFC 9106 section 4, and the variant of all our hashes.
    case argon2id
    /// Data-independent memory access, import only.
    case argon2i
    /// Data-dependent memory access, import only.
    case argon2d

    var libraryType: argon2_type {
        switch self {
        case .argon2id: Argon2_id
        case .argon2i: Argon2_i
        case .argon2d: Argon2_d
        }
    }
}
