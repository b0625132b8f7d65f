import Foundation

/// Ten minutes of everything at once, at two thirds of what the machine manages: nothing may get slower or larger.
struct Mixed {
    let options: BenchOptions
    let folder: String
    let size: Size

    /// Seconds.
    struct Size: Sendable {
        let calibration: Double
        let run: Double
        /// Not judged.
        let warmUp: Double
        /// Each window has figures of its own.
        let window: Double
        /// Before the run. In ten minutes more than the caches of the database hold, so that they are full before anything
        /// is judged; in a short run few, or pages that are split once would look like bytes of the few new ones.
        let sessions: Int

        static let full = Size(calibration: 8, run: 600, warmUp: 30, window: 5, sessions: 100_000)
        static let quick = Size(calibration: 3, run: 20, warmUp: 2, window: 1, sessions: 8000)
    }

    private static let loadShare = 0.65
    /// Requests a second by which the processor time of one is measured.
    private static let calibrationRate = 1000.0
    /// Enough users that none exceeds the limit of sessions.
    private static let users = 4000
    private static let listEntries = 100

    init(options: BenchOptions, folder: String) throws {
        self.options = options
        self.folder = folder
        size = options.plan.isQuick ? .quick : .full
    }

    func measure() throws -> Figures {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let seeded = try SeededServer(options: options, folder: folder, users: Self.users, sessions: size.sessions)
        try SeededRevocations(database: seeded.database).insert(Self.listEntries)
        let rotations = RotationWork(tokens: try seeded.publicRefreshTokens(), keepsAccessTokens: true)
        let capacity = try calibrate(seeded, rotations)
        rotations.forgetAccessTokens()
        // A stopped server has moved its whole log into the file: only then does the size show its content.
        let before = try rows(seeded)
        let (outcome, states) = try run(seeded, rotations, perSecond: capacity * Self.loadShare)
        let after = try rows(seeded)
        return Figures(
            capacity: capacity, perSecond: capacity * Self.loadShare, size: size, outcome: outcome, states: states,
            newSessions: after.sessions - before.sessions, newBytes: after.bytes - before.bytes)
    }

    private func calibrate(_ seeded: SeededServer, _ rotations: RotationWork) throws -> Double {
        Console.note("What the machine manages of the mix")
        let server = try seeded.start()
        defer { server.stop() }
        let work = try MixedWork(seeded, server, rotations: rotations)
        let loop = OpenLoop(port: server.port, server: server.figures)
        let outcome = try loop.run(work.lanes(perSecond: Self.calibrationRate), seconds: size.calibration)
        if let failure = outcome.firstFailure { throw BenchFailure("The mixed load fails, \(failure)") }
        // By the processor time that each request takes: asked for more than there is, the server would turn logins away,
        // and seem to manage all the more of the rest.
        let used = (outcome.serverCPUSeconds + outcome.generatorCPUSeconds) / Double(outcome.count)
        return Double(Machine.cores) / used
    }

    private func run(
        _ seeded: SeededServer, _ rotations: RotationWork, perSecond: Double
    ) throws -> (OpenLoop.Outcome, [(seconds: Double, value: ServerState)]) {
        let server = try seeded.start()
        defer { server.stop() }
        let work = try MixedWork(seeded, server, rotations: rotations)
        Console.note("\(Int(perSecond)) requests a second for \(Int(size.run)) seconds")
        let (figures, admin, database) = (server.figures, server.admin, seeded.database)
        let states = Sampler(everyMilliseconds: UInt32(size.window * 1000)) {
            try ServerState(of: figures, admin: admin, database: database)
        }
        let loop = OpenLoop(port: server.port, server: server.figures)
        let outcome = try loop.run(work.lanes(perSecond: perSecond), seconds: size.run)
        try outcome.require(work.shares.map(\.kind))
        return (outcome, states.stop())
    }

    /// Of a stopped server: its sessions and the bytes of its file.
    private func rows(_ seeded: SeededServer) throws -> (sessions: Int, bytes: Int) {
        let bytes = SeededServer.size(seeded.database)
        let server = try seeded.start()
        defer { server.stop() }
        let state = try ServerState(of: server.figures, admin: server.admin, database: seeded.database)
        return (Int(state.sessions), bytes)
    }
}
