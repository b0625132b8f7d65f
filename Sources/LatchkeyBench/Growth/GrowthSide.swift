/// One of the two servers that are compared, and the requests that are made of it.
final class GrowthSide {
    let seeded: SeededServer
    let server: ServerUnderTest
    private var wallets: [Wallet]
    private let introspections: Draw
    private let logins: Draw

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
            return try Wallet(tokens: own.map(seeded.refreshToken), random: SplitMix(seed: UInt64(index)))
        }
        let asked = Self.spread(Self.samples, over: seeded.plan.sessions / 2).map { 2 * $0 + 1 }
        introspections = try Draw(
            of: asked.map {
                Requests.introspection(try seeded.refreshToken($0), authorization: seeded.authorization)
            }, random: SplitMix(seed: 1), opening: #"{"active":true"#)
        let users = Self.spread(Self.samples, over: seeded.plan.users)
        logins = try Draw(of: users.map { Requests.login(SeedPlan.userName($0)) }, random: SplitMix(seed: 2))
    }

    func rotate(connections: Int, seconds: Double) throws -> Slice {
        let (slice, after) = try loop(seconds).run(Array(wallets.prefix(connections)))
        wallets.replaceSubrange(..<connections, with: after)
        return slice
    }

    func logIn(seconds: Double) throws -> Slice { try loop(seconds).run([logins]).slice }

    func introspect(seconds: Double) throws -> Slice { try loop(seconds).run([introspections]).slice }

    /// A poll with nothing new.
    func poll(seconds: Double) throws -> Slice {
        try loop(seconds).run([SameRequest(request: try Requests.poll(at: server.endpoint))]).slice
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
