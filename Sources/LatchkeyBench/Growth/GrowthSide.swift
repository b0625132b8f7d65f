/// One of the two servers that are compared, and the requests that are made of it.
final class GrowthSide {
    let seeded: SeededServer
    let server: ServerUnderTest
    private var wallets: [Wallet]
    private let introspections: Rotation
    private let logins: Rotation

    /// Sessions that one connection rotates, each at its newest token.
    struct Wallet: Sendable {
        var tokens: [[UInt8]]
        var random: SplitMix
    }

    /// Requests drawn at random.
    struct Rotation: Sendable {
        let requests: [[UInt8]]
        var random: SplitMix
    }

    private static let mostConnections = 16
    private static let sessionsPerConnection = 200
    private static let samples = 2000

    /// Numbers of the sessions that the sides rotate: even ones, over the whole range.
    static func rotated(of sessions: Int) -> [Int] {
        spread(mostConnections * sessionsPerConnection, over: sessions / 2).map { 2 * $0 }
    }

    init(_ seeded: SeededServer) throws {
        self.seeded = seeded
        server = try seeded.start()
        let numbers = Self.rotated(of: seeded.plan.sessions)
        wallets = try (0..<Self.mostConnections).map { index in
            let own = stride(from: index, to: numbers.count, by: Self.mostConnections).map { numbers[$0] }
            return Wallet(tokens: try own.map(seeded.refreshToken), random: SplitMix(seed: UInt64(index)))
        }
        let asked = Self.spread(Self.samples, over: seeded.plan.sessions / 2).map { 2 * $0 + 1 }
        introspections = Rotation(
            requests: try asked.map {
                Requests.introspection(try seeded.refreshToken($0), authorization: seeded.authorization)
            }, random: SplitMix(seed: 1))
        let users = Self.spread(Self.samples, over: seeded.plan.users)
        logins = Rotation(requests: users.map { Requests.login(SeedPlan.userName($0)) }, random: SplitMix(seed: 2))
    }

    func rotate(connections: Int, seconds: Double) throws -> Slice {
        let (slice, after) = try loop(seconds).run(Array(wallets.prefix(connections))) { connection, wallet in
            let index = Int.random(in: wallet.tokens.indices, using: &wallet.random)
            try connection.exchange(RotationWork.request(wallet.tokens[index]), expecting: 200)
            wallet.tokens[index] = Array(try connection.text(of: "refresh_token").utf8)
        }
        wallets.replaceSubrange(..<connections, with: after)
        return slice
    }

    func logIn(seconds: Double) throws -> Slice { try draw(logins, seconds, leastAnswer: 0) }

    /// An answer of 16 bytes would be `{"active":false}`.
    func introspect(seconds: Double) throws -> Slice { try draw(introspections, seconds, leastAnswer: 17) }

    /// A poll with nothing new.
    func poll(seconds: Double) throws -> Slice {
        let request = try Requests.poll(at: server.endpoint)
        return try draw(Rotation(requests: [request], random: SplitMix(seed: 0)), seconds, leastAnswer: 0)
    }

    private func draw(_ rotation: Rotation, _ seconds: Double, leastAnswer: Int) throws -> Slice {
        try loop(seconds).run([rotation]) { connection, rotation in
            let index = Int.random(in: rotation.requests.indices, using: &rotation.random)
            try connection.exchange(rotation.requests[index], expecting: 200)
            guard connection.body.count >= leastAnswer else { throw BenchFailure("A live token is called inactive.") }
        }.0
    }

    private func loop(_ seconds: Double) -> ClosedLoop {
        ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
    }

    /// `count` numbers, or as many as there are, at equal distances from 0 to `range`.
    static func spread(_ count: Int, over range: Int) -> [Int] {
        let count = min(count, range)
        return (0..<count).map { $0 * range / count }
    }
}
