import Argon2
import Crypto

/// libargon2 alone: the server's default parameters, one thread per core, each with an arena that it keeps.
struct HashYardstick {
    let cores: Int

    static var row: Row {
        let cores = Machine.cores
        return Row(
            key: "argon2", title: "libargon2 alone, \(cores) threads, 19 MiB, t=2", isYardstick: true, isHash: true,
            measure: HashYardstick(cores: cores).run)
    }

    func run(seconds: Double) throws -> Slice {
        try Slice.counting(seconds: seconds, threads: cores) {
            let parameters = Argon2Parameters.default
            let arena = Argon2Arena(reservingKiB: parameters.memoryKiB)
            let password = SecretBytes(copying: Array(Population.password.utf8))
            let salt = (0..<16).map(UInt8.init)
            return { _ = try arena.tag(parameters: parameters, password: password, salt: salt, count: 32) }
        }
    }
}

/// ES256 alone: swift-crypto signing as many bytes as an access token has before its signature, one thread per core.
struct SignatureYardstick {
    let cores: Int
    private static let signedBytes = 500

    func run(seconds: Double) throws -> Slice {
        try Slice.counting(seconds: seconds, threads: cores) {
            let key = P256.Signing.PrivateKey()
            var message = (0..<Self.signedBytes).map { UInt8(truncatingIfNeeded: $0) }
            return {
                message[0] &+= 1
                _ = try key.signature(for: message)
            }
        }
    }
}

extension Slice {
    /// Counts how often `threads` threads together do a piece of work.
    /// - Parameter prepare: makes the work of one thread, on that thread.
    fileprivate static func counting(
        seconds: Double, threads: Int, prepare: @escaping @Sendable () throws -> () throws -> Void
    ) throws -> Slice {
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        let shares = try ThreadTeam.run(count: threads) { _ in
            let work = try prepare()
            var count = 0
            var last = start
            while last < end {
                try work()
                count += 1
                last = Stopwatch.now()
            }
            return (count, last)
        }
        return Slice(
            count: shares.map(\.0).reduce(0, +),
            seconds: Stopwatch.seconds(from: start, to: shares.map(\.1).max() ?? start))
    }
}
