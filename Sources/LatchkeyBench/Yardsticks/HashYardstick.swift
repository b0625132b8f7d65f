import Argon2

/// libargon2 alone: the server's default parameters, one thread per core, each with an arena that it keeps.
struct HashYardstick {
    let cores: Int

    func run(seconds: Double) throws -> Slice {
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        let shares = try ThreadTeam.run(count: cores) { _ in
            let parameters = Argon2Parameters.default
            let arena = Argon2Arena(reservingKiB: parameters.memoryKiB)
            let password = SecretBytes(copying: Array(Population.password.utf8))
            let salt = (0..<16).map(UInt8.init)
            var count = 0
            var last = start
            while last < end {
                _ = try arena.tag(parameters: parameters, password: password, salt: salt, count: 32)
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
