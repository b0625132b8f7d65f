/// The process itself: how soon it answers, what it takes when idle and after every kind of load.
struct ProcessLife {
    let options: BenchOptions
    let folder: String

    /// Milliseconds until memory has settled after a start.
    private static let settling: UInt32 = 1000

    /// For the JSON: what the lines say, in numbers.
    private struct Details: Encodable, Sendable {
        var startSeconds: [Double] = []
        var idle: [ServerFigures.Memory] = []
        var loaded: [ServerFigures.Memory] = []
    }

    func measure() throws -> Section {
        var section = Section(.process)
        var details = Details()
        try ServerUnderTest.populate(options, folder, revocations: Population.listEntries)
        Console.note("Starting it \(options.plan.starts) times")
        for _ in 0..<options.plan.starts {
            try ServerUnderTest.with(options, folder) { server in
                Stopwatch.sleep(milliseconds: Self.settling)
                details.startSeconds.append(server.secondsToFirstAnswer)
                details.idle.append(try server.figures.memory())
            }
        }
        try ServerUnderTest.with(options, folder) { server in
            let load = try MixtureOfLoads(server)
            for round in 1...options.plan.rounds {
                Console.note("Round \(round) of \(options.plan.rounds): memory under all kinds of load")
                section.hasFailures = try load.run(seconds: options.plan.sliceSeconds) || section.hasFailures
                details.loaded.append(try server.figures.memory())
            }
        }
        section.lines += details.idle.map { $0.line("idle, 1 s after a start") }
        section.lines += details.loaded.enumerated().map { $1.line("after round \($0 + 1) of all loads") }
        section.figures = details
        try section.judge(.start, details.startSeconds.map { $0 * 1000 })
        try section.judge(.idleMemory, details.idle.map(\.residentMB))
        try section.judge(.loadedMemory, details.loaded.map { $0.residentMB - Self.arenasMB })
        return section
    }

    /// One thread for each core keeps the memory of a hash.
    private static var arenasMB: Double { Double(Machine.cores) * 19 * 1_048_576 / 1e6 }
}

/// Every kind of request, one after the other, as fast as it goes.
private final class MixtureOfLoads {
    private let server: ServerUnderTest
    private let rotations: RotationLoad
    private let introspections: [SameRequest]

    private static let connections = 64

    init(_ server: ServerUnderTest) throws {
        self.server = server
        rotations = try RotationLoad(server, most: Self.connections)
        introspections = try Population.logIn(count: 16, at: server.endpoint, asService: true)
            .map { Introspections.client($0.access) }
    }

    /// - Returns: whether anything failed.
    func run(seconds: Double) throws -> Bool {
        let loop = ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
        let logins = Population.users.map { SameRequest(request: Population.loginRequest($0)) }
        let reads = ["/.well-known/jwks.json", "/revocations"].map { path in
            Array(repeating: SameRequest(request: HTTPRequest.get(path)), count: Self.connections)
        }
        let slices =
            [try loop.run(logins).slice, try rotations.run(connections: Self.connections, seconds: seconds)]
            + (try reads.map { try loop.run($0).slice }) + [try loop.run(introspections).slice]
        for failure in slices.compactMap(\.firstFailure) { Console.note("Failed: \(failure)") }
        return slices.contains { $0.failures > 0 }
    }
}

extension Budget {
    static let start = Budget(
        key: "start", title: "start to first answer, existing database", bound: .atMost(200), unit: "ms",
        reason: "A restart for an update must fit between two clicks; clients retry once and notice nothing.")
    static let idleMemory = Budget(
        key: "memory_idle", title: "resident memory, idle", bound: .atMost(40), unit: "MB",
        reason:
            "The smallest machine for rent has 512 MB, of which an idle service may take a twelfth. Pages of "
            + "the program file count too.")
    static let loadedMemory = Budget(
        key: "memory_loaded", title: "resident memory after all loads, less hash arenas", bound: .atMost(60),
        unit: "MB",
        reason: "Each hashing thread keeps 19 MiB, as much as Argon2 asks for; connections, caches and buffers may add "
            + "half of the idle size.")
}
