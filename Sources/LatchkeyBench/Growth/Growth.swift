import Foundation

/// Whether work costs the same with ten million sessions as with ten thousand: two servers side by side, one operation
/// at a time, then the large one under a paced load and across restarts.
struct Growth {
    let options: BenchOptions
    let folder: String
    private let size: Size

    /// What one plan measures.
    private struct Size {
        let sessions: Int
        let users: Int
        let rounds: Int
        let sliceSeconds: Double
        let commitSeconds: Double
        let starts: Int
        let idleSeconds: Double

        static let full = Size(
            sessions: 10_000_000, users: 1_000_000, rounds: 5, sliceSeconds: 0.7, commitSeconds: 20, starts: 5,
            idleSeconds: 3)
        static let quick = Size(
            sessions: 500_000, users: 50_000, rounds: 3, sliceSeconds: 0.4, commitSeconds: 5, starts: 3,
            idleSeconds: 1)
        static let small = (sessions: 10_000, users: 1000)
    }

    private struct Operation: Sendable {
        let key: String
        let title: String
        let measure: @Sendable (GrowthSide, Double) throws -> Slice
    }

    private static let operations = [
        Operation(key: "rotation", title: "rotation, 1 connection") { try $0.rotate(connections: 1, seconds: $1) },
        Operation(key: "rotation_16", title: "rotation, 16 connections") {
            try $0.rotate(connections: 16, seconds: $1)
        },
        Operation(key: "login", title: "login insert") { try $0.logIn(seconds: $1) },
        Operation(key: "introspection", title: "introspection") { try $0.introspect(seconds: $1) },
        Operation(key: "poll", title: "poll of the list") { try $0.poll(seconds: $1) },
    ]

    init(options: BenchOptions, folder: String) throws {
        self.options = options
        self.folder = folder
        size = options.plan.isQuick ? .quick : .full
    }

    func measure() throws -> Figures {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let start = Stopwatch.now()
        Console.note(
            "Filling a database with \(size.sessions) sessions: "
                + "\(SeededServer.bytesNeeded(users: size.users, sessions: size.sessions) >> 20) MiB must be free")
        let large = try seed("large", sessions: size.sessions, users: size.users)
        let small = try seed("small", sessions: Size.small.sessions, users: Size.small.users)
        let seedSeconds = Stopwatch.seconds(from: start, to: Stopwatch.now())
        let bytes = SeededServer.size(large.database)
        let (costs, idle) = try compare(small, large)
        let (commits, afterCrash) = try load(large)
        Console.note("Starting it \(size.starts) times")
        let restarts = try (0..<size.starts).map { _ in
            let server = try large.start()
            let stop = Stopwatch.now()
            server.stop()
            return (
                start: server.secondsToFirstAnswer * 1000, stop: Stopwatch.seconds(from: stop, to: Stopwatch.now())
            )
        }
        return Figures(
            sessions: size.sessions, users: size.users, seedSeconds: seedSeconds, databaseBytes: bytes, costs: costs,
            idleProcessors: [idle.small, idle.large],
            commits: commits, startMilliseconds: restarts.map(\.start),
            longestStopSeconds: restarts.map(\.stop).max() ?? 0, startAfterCrashMilliseconds: afterCrash.milliseconds,
            logAfterCrashMiB: afterCrash.logMiB)
    }

    private func seed(_ name: String, sessions: Int, users: Int) throws -> SeededServer {
        try SeededServer(
            options: options, folder: "\(folder)/\(name)", users: users, sessions: sessions,
            configuration: SeededServer.cheapPasswords)
    }

    private func compare(
        _ small: SeededServer, _ large: SeededServer
    ) throws -> ([Figures.Cost], idle: (small: Double, large: Double)) {
        let sides = (small: try GrowthSide(small), large: try GrowthSide(large))
        defer {
            sides.small.server.stop()
            sides.large.server.stop()
        }
        let idle = (small: try idleProcessors(sides.small.server), large: try idleProcessors(sides.large.server))
        var slices: [String: [(small: Slice, large: Slice)]] = [:]
        // Round 0 warms up and is not counted.
        for round in 0...size.rounds {
            Console.note("Round \(round) of \(size.rounds): \(Size.small.sessions) and \(size.sessions) sessions")
            for operation in Self.operations {
                let pair = (
                    small: try operation.measure(sides.small, size.sliceSeconds),
                    large: try operation.measure(sides.large, size.sliceSeconds)
                )
                if let failure = pair.small.firstFailure ?? pair.large.firstFailure {
                    throw BenchFailure("\(operation.title) failed: \(failure)")
                }
                if round > 0 { slices[operation.key, default: []].append(pair) }
            }
        }
        return (Self.operations.map { Figures.Cost(key: $0.key, title: $0.title, slices[$0.key] ?? []) }, idle)
    }

    /// The processor time that a server takes for itself soon after its start, without requests.
    private func idleProcessors(_ server: ServerUnderTest) throws -> Double {
        let before = try server.figures.cpuSeconds()
        let start = Stopwatch.now()
        Stopwatch.sleep(milliseconds: UInt32(size.idleSeconds * 1000))
        return (try server.figures.cpuSeconds() - before) / Stopwatch.seconds(from: start, to: Stopwatch.now())
    }

    private func load(
        _ large: SeededServer
    ) throws -> (CommitLoad.Figures, afterCrash: (milliseconds: Double, logMiB: Double)) {
        Console.note("4,000 rotations a second for \(Int(size.commitSeconds)) seconds")
        let server = try large.start()
        defer { server.stop() }
        let figures = try CommitLoad(seeded: large, server: server, seconds: size.commitSeconds).measure()
        kill(server.figures.processID, SIGKILL)
        server.stop()
        let log = Double(SeededServer.size(large.writeAheadLog)) / 1_048_576
        let again = try large.start()
        again.stop()
        return (figures, (again.secondsToFirstAnswer * 1000, log))
    }
}
