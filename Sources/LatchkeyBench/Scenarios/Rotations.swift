/// Durable refresh-token rotations beside what disk, database, signature and HTTP give alone.
struct Rotations {
    let options: BenchOptions
    let folder: String

    /// As many rows as a busy writer puts into one commit.
    private static let batch = 32
    private static let connections = [1, 16, 64]

    func measure() throws -> Section {
        var section = Section(.rotations)
        try ServerUnderTest.withPopulation(options, folder) { server in
            let rows =
                try yardsticks(server) + RotationLoad(server, most: Self.connections.max() ?? 1).rows(Self.connections)
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "rotations"))
            section.lines.append(try server.figures.memory().line("after the rotations"))
        }
        try section.judge(.rotationsTogether, ratio: "rotate_64/together")
        try section.judge(.rotations64, rate: "rotate_64")
        try section.judge(
            .rotationLatency, section.rows.first { $0.key == "rotate_64" }?.p99Milliseconds ?? [])
        try section.judge(.rotations1, ratio: "rotate_1/commit_1")
        return section
    }

    private func yardsticks(_ server: ServerUnderTest) throws -> [Row] {
        let database = try CommitYardstick(folder: folder, name: "yardstick.sqlite")
        let cores = Machine.cores
        return [
            Row(
                key: "flush", title: "4 KiB write + fdatasync alone", isYardstick: true,
                measure: FlushYardstick(folder: folder).run),
            Row(key: "commit_1", title: "SQLite alone, FULL, 1 update a commit", isYardstick: true) {
                try database.run(seconds: $0, rowsPerCommit: 1)
            },
            Row(
                key: "commit_\(Self.batch)", title: "SQLite alone, FULL, \(Self.batch) updates a commit",
                isYardstick: true
            ) { try database.run(seconds: $0, rowsPerCommit: Self.batch) },
            Row(
                key: "es256", title: "ES256 signatures alone, \(cores) threads", isYardstick: true,
                measure: SignatureYardstick(cores: cores).run),
            Row(key: "healthz", title: "GET /healthz, 64 connections") { seconds in
                let clients = Array(repeating: SameRequest(request: HTTPRequest.get("/healthz")), count: 64)
                return try ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
                    .run(clients).slice
            },
        ]
    }

    private var ratios: [Ratio] {
        [
            .of("rotate_1", to: "commit_1", "rotations at 1 connection / single commits alone"),
            .of("rotate_64", to: "commit_\(Self.batch)", "rotations at 64 connections / batched commits alone"),
            .of("rotate_64", to: "es256", "rotations at 64 connections / signatures alone"),
            Ratio(
                key: "rotate_64/together",
                title: "rotations at 64 connections / (signature, batched commit, /healthz in a row)"
            ) { slices in
                let parts = ["es256", "commit_\(Self.batch)", "healthz"].compactMap { slices[$0]?.perSecond }
                guard let value = slices["rotate_64"]?.perSecond, parts.count == 3, parts.allSatisfy({ $0 > 0 }) else {
                    return nil
                }
                return value * parts.map { 1 / $0 }.reduce(0, +)
            },
        ]
    }
}

/// Sessions that are refreshed again and again, each going on where the last slice left it.
final class RotationLoad {
    private let nodes: [ServerUnderTest]
    private var clients: [Rotation]

    /// - Parameter most: connections that any slice will have.
    convenience init(_ server: ServerUnderTest, most: Int) throws { try self.init(nodes: [server], most: most) }

    /// - Parameter nodes: of one issuer; each session is refreshed at one after the other.
    init(nodes: [ServerUnderTest], most: Int) throws {
        self.nodes = nodes
        clients = try Population.logIn(count: most, at: nodes[0].endpoint).map { Rotation(token: $0.refresh) }
    }

    /// - Parameters:
    ///   - key: begins the key of each row.
    ///   - title: begins the title of each row.
    func rows(_ connections: [Int], key: String = "rotate", title: String = "POST /oauth2/token") -> [Row] {
        connections.map { count in
            Row(key: "\(key)_\(count)", title: "\(title), \(count) connection\(count == 1 ? "" : "s")") {
                try self.run(connections: count, seconds: $0)
            }
        }
    }

    func run(connections: Int, seconds: Double) throws -> Slice {
        let loop = ClosedLoop(nodes: nodes, seconds: seconds)
        let (slice, successors) = try loop.run(Array(clients.prefix(connections)))
        clients.replaceSubrange(..<connections, with: successors)
        return slice
    }
}

extension Budget {
    static let rotationsTogether = Budget(
        key: "rotations_64_together", title: "durable rotations, 64 connections", bound: .atLeast(0.5),
        unit: "x composed rate",
        reason: "A rotation signs, shares a commit and answers. Done one after the other, each at the rate that it has "
            + "alone, they would give 1; half of it is left for parsing, decisions and the hops between threads.")
    static let rotations64 = Budget(
        key: "rotations_64", title: "durable rotations, 64 connections", bound: .atLeast(4000), unit: "a second",
        reason: "A million users who are signed in and active, with tokens of five minutes, refresh 3,333 times a "
            + "second. Two cores, the load's own time included.")
    static let rotationLatency = Budget(
        key: "rotations_64_p99", title: "durable rotations, 64 connections, p99", bound: .atMost(60), unit: "ms",
        reason: "At 4,000 a second 64 waiting clients get their turn every 16 ms; none may wait for four turns.")
    static let rotations1 = Budget(
        key: "rotations_1", title: "durable rotations, 1 connection", bound: .atLeast(0.8), unit: "x single commits",
        reason: "Nothing shares the commit, so one client should wait for little more than the disk's flush.")
}
