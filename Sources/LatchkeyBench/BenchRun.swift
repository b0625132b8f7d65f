import Foundation

/// One measurement from an empty folder to the report.
struct BenchRun {
    let options: BenchOptions
    /// Fresh and ours; removed by nobody, since the figures and the server's log lie there.
    let folder: String

    /// Entries of the list in the second group of rows.
    private static let entries = 1000
    /// Milliseconds until memory has settled after a start.
    private static let settling: UInt32 = 1000

    init(options: BenchOptions) throws {
        self.options = options
        let parent = options.folder ?? FileManager.default.temporaryDirectory.path
        folder = parent + "/latchkey-bench-" + UUID().uuidString.prefix(8).lowercased()
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        } catch {
            throw BenchFailure("The folder \(folder) cannot be made: \(error)")
        }
    }

    func run() throws -> Report {
        let machine = Machine(folder: folder, commit: options.commit)
        var report = Report(machine: machine, plan: options.plan)
        if machine.isInMemory {
            report.notes.append(
                "The data lies on \(machine.fileSystem): no write reaches a disk, durable rates mean nothing. "
                    + "Choose another place with --folder.")
        }
        #if DEBUG
            report.notes.append(
                "LatchkeyBench itself is a debug build: its generator takes processor time that the server then lacks, "
                    + "and ES256 alone is far slower than it would be. Use Scripts/bench.")
        #endif
        if options.part == .growth {
            let figures = try Growth(options: options, folder: folder).measure()
            try JSONEncoder().encode(figures).write(to: URL(fileURLWithPath: folder + "/scenario.json"))
            report.scenario = figures.lines + figures.verdicts.map(\.trial)
            return report
        }
        if options.part == .flood {
            let figures = try Flood(options: options, folder: folder).measure()
            try JSONEncoder().encode(figures).write(to: URL(fileURLWithPath: folder + "/scenario.json"))
            report.scenario = figures.lines + figures.verdicts.map(\.trial)
            return report
        }
        if options.part == .mixed {
            let figures = try Mixed(options: options, folder: folder).measure()
            try JSONEncoder().encode(figures).write(to: URL(fileURLWithPath: folder + "/scenario.json"))
            report.scenario = figures.lines + figures.verdicts.map(\.trial)
            return report
        }
        if options.part != .revocations { try measureVerification(&report) }
        guard options.part != .verification else { return report }
        report.lists = try ListLengths(options: options, folder: folder).measure()
        report.crowd = try Crowd(options: options, folder: folder).measure()
        guard options.part != .revocations else { return report }
        Console.note("Making users and client in \(folder)")
        try withServer { try Population(admin: $0.admin).create() }
        report.start = Spread(try measureStarts(&report))
        Console.note("Starting the server that is measured")
        try withServer { try measureLoad($0, &report) }
        return report
    }

    private func measureVerification(_ report: inout Report) throws {
        let verification = try VerificationRows()
        let slices = try Rounds(plan: options.plan).run(verification.rows, name: "verification by a service")
        report.add(verification.rows, verification.ratios, slices)
    }

    private func measureStarts(_ report: inout Report) throws -> [Double] {
        Console.note("Starting it \(options.plan.starts) times")
        var idle: [ServerFigures.Memory] = []
        let times = try (0..<options.plan.starts).map { _ in
            try withServer { server in
                Stopwatch.sleep(milliseconds: Self.settling)
                idle.append(try server.figures.memory())
                return server.secondsToFirstAnswer
            }
        }
        // The one in the middle, whole: medians of single columns would not belong together.
        let sorted = idle.sorted { $0.residentKiB < $1.residentKiB }
        if !sorted.isEmpty {
            report.memory.append(.init(when: "idle, 1 s after start (median)", memory: sorted[sorted.count / 2]))
        }
        return times
    }

    private func measureLoad(_ server: ServerUnderTest, _ report: inout Report) throws {
        let cores = report.machine.cores
        let rounds = Rounds(plan: options.plan)
        let login = LoginRows(endpoint: server.endpoint, server: server.figures, cores: cores)
        let rotation = try RotationRows(
            endpoint: server.endpoint, server: server.figures, folder: folder, cores: cores)
        let reads = ReadRows(endpoint: server.endpoint, server: server.figures)

        let rows = login.rows + rotation.rows + (try reads.rows())
        let ratios = login.ratios + rotation.ratios + reads.ratios
        report.add(rows, ratios, try rounds.run(rows, name: "logins, rotations, reads"))
        report.memory.append(.init(when: "after logins, rotations, reads", memory: try server.figures.memory()))

        Console.note("Revoking \(Self.entries) tokens")
        try Population(admin: server.admin).revoke(count: Self.entries)
        let listRows = reads.rows(entries: Self.entries)
        let slices = try rounds.run(listRows, name: "list of \(Self.entries)")
        report.add(listRows, reads.ratios(entries: Self.entries), slices)
        report.memory.append(.init(when: "after the list of \(Self.entries)", memory: try server.figures.memory()))
    }

    private func withServer<Value>(_ body: (ServerUnderTest) throws -> Value) throws -> Value {
        let server = try ServerUnderTest(binary: options.server, folder: folder)
        defer { server.stop() }
        return try body(server)
    }
}
