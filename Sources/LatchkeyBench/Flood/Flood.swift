import Foundation

/// The effect of a flood of logins on other requests: a modest load in quiet, and the same load while four times as
/// many logins arrive as the processors can hash, from hundreds of networks. Measured with the server's defaults, and
/// with `login.precedence`.
struct Flood {
    let options: BenchOptions
    let folder: String
    private let size: Size

    private struct Size {
        let capacitySeconds: Double
        /// Before and after the flood, each.
        let quietSeconds: Double
        let floodSeconds: Double
        /// Each window has a p99 of its own.
        let windowSeconds: Double

        static let full = Size(capacitySeconds: 4, quietSeconds: 20, floodSeconds: 60, windowSeconds: 5)
        static let quick = Size(capacitySeconds: 2, quietSeconds: 4, floodSeconds: 12, windowSeconds: 2)
    }

    /// A load and its pace.
    private struct Background {
        let kind: String
        let perSecond: Double
        let connections: Int
    }

    static let keySetKind = "JWKS"
    static let pollKind = "list poll"
    private static let refresh = Background(kind: RotationWork.kind, perSecond: 200, connections: 16)
    private static let keySet = Background(kind: keySetKind, perSecond: 500, connections: 8)
    private static let poll = Background(kind: pollKind, perSecond: 500, connections: 8)
    /// The kinds that must not suffer.
    static let kinds = [refresh.kind, keySet.kind, poll.kind]

    private static let overload = 4.0
    /// The number of networks: more than the server lets wait at four times its hashing capacity.
    private static let attackers = 768
    /// Enough users that none exceeds the limit of sessions.
    private static let users = 4000
    private static let sessions = 8000

    init(options: BenchOptions, folder: String) throws {
        self.options = options
        self.folder = folder
        size = options.plan.isQuick ? .quick : .full
    }

    func measure() throws -> Section {
        var section = Section(.flood)
        let sides = try [false, true].map(measure(withPrecedence:))
        for side in sides { section.add(side) }
        section.figures = sides
        return section
    }

    private func measure(withPrecedence: Bool) throws -> Figures {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        Console.note(withPrecedence ? "With login.precedence" : "With the server's defaults")
        let seeded = try SeededServer(
            options: options, folder: folder, users: Self.users, sessions: Self.sessions,
            configuration: ["LATCHKEY_LOGIN_PRECEDENCE": "\(withPrecedence)"])
        let server = try seeded.start()
        defer { server.stop() }
        let before = try capacity(server)
        let rotations = RotationWork(tokens: try seeded.publicRefreshTokens())
        let background = try background(rotations, server)
        let loop = OpenLoop(port: server.port, server: server.figures)

        // Warms up: the first requests of a kind pay for state that later ones find.
        _ = try loop.run(background, seconds: 1)
        Console.note("Quiet for \(Int(size.quietSeconds)) seconds")
        let quiet = try loop.run(background, seconds: size.quietSeconds)
        Console.note("\(Int(before * Self.overload)) logins a second for \(Int(size.floodSeconds)) seconds")
        let figures = server.figures
        let memory = Sampler(everyMilliseconds: 200) { try figures.memory() }
        let work = FloodWork(users: Self.users)
        let attack = Lane(
            perSecond: before * Self.overload, from: SourceAddress.spread(Self.attackers), next: work.next)
        let during = try loop.run(background + [attack], seconds: size.floodSeconds)
        let taken = memory.stop()
        let quietAgain = try loop.run(background, seconds: size.quietSeconds)
        // The machine's own pace may have changed meanwhile.
        let after = try capacity(server)
        for outcome in [quiet, during, quietAgain] { try outcome.require(Self.kinds) }
        try during.require([FloodWork.Kind.accepted, FloodWork.Kind.overloaded])
        return Figures(
            withPrecedence: withPrecedence, capacity: (before + after) / 2, quiet: [quiet, quietAgain], flood: during,
            memory: taken,
            window: size.windowSeconds, cores: Machine.cores)
    }

    /// Logins a second when there is no other load.
    private func capacity(_ server: ServerUnderTest) throws -> Double {
        Console.note("What the hash threads manage")
        let clients = Population.users.map { SameRequest(request: Population.loginRequest($0)) }
        return try ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: size.capacitySeconds)
            .run(clients).slice.perSecond
    }

    private func background(_ rotations: RotationWork, _ server: ServerUnderTest) throws -> [Lane] {
        let poll = try Requests.poll(at: server.endpoint)
        return [
            lane(Self.refresh, rotations.next),
            lane(Self.keySet) { Requests.errand(Requests.keySet, Self.keySetKind) },
            lane(Self.poll) { Requests.errand(poll, Self.pollKind) },
        ]
    }

    private func lane(_ load: Background, _ next: @escaping () -> Errand?) -> Lane {
        Lane(perSecond: load.perSecond, from: Array(repeating: .loopback, count: load.connections), next: next)
    }
}
