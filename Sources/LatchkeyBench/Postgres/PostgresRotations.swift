/// Durable rotations on PostgreSQL, with and without a network, beside the same program on SQLite and beside pgbench.
///
/// All stand ready all the time, and one is loaded at a time.
struct PostgresRotations {
    let options: BenchOptions
    let folder: String

    private static let connections = [1, 16, 64]
    private static let most = 64
    /// Half a millisecond there and back: two machines in one data centre, with a little to spare.
    private static let delaySeconds = 0.000_25
    /// Sessions of one connection, of those that many sessions give.
    private static let share = 500

    func measure() throws -> Section {
        var section = Section(.postgresRotations)
        try PostgresScene.with(options, folder) { scene in
            let line = try scene.line(delaying: Self.delaySeconds)
            let rows =
                try yardsticks(scene)
                + self.rows("sqlite", "refresh, SQLite", try scene.sqlite("sqlite"))
                + self.rows("socket", "refresh, PostgreSQL by a socket", try scene.node("socket"))
                .map { $0.metered(by: scene.cluster) }
                + self.rows("network", "refresh, PostgreSQL 0.5 ms away", try scene.node("network", by: line))
                .map { $0.metered(by: scene.cluster) }
                + self.many(scene)
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "rotations on PostgreSQL"))
            section.lines += [scene.description, line.description]
        }
        try section.judge(.postgresRotations, ratio: "socket_64/sqlite_64")
        for (budget, key) in [(Budget.postgresRotationCost, "socket_64"), (.postgresRotationCostOfMany, "socket_many")]
        {
            try section.judge(budget, section.rows.first { $0.key == key }?.databaseMicroseconds ?? [])
        }
        return section
    }

    /// The same sessions in both: few of them fit into any cache, and each page is touched seldom.
    private func many(_ scene: PostgresScene) throws -> [Row] {
        let sessions = options.plan.isQuick ? 50_000 : 1_000_000
        Console.note("Making \(sessions) sessions in SQLite")
        let seeded = try SeededServer(
            options: options, folder: folder + "/seeded", users: sessions / 5, sessions: sessions)
        let (sqlite, node) = try scene.pair("many", seeded)
        let title = "\(sessions) sessions, \(Self.most) connections"
        return [
            try wallets(seeded, sqlite, "sqlite_many", "refresh, SQLite, \(title)"),
            try wallets(seeded, node, "socket_many", "refresh, PostgreSQL by a socket, \(title)")
                .metered(by: scene.cluster),
        ]
    }

    private func wallets(
        _ seeded: SeededServer, _ server: ServerUnderTest, _ key: String, _ title: String
    ) throws -> Row {
        let numbers = GrowthSide.spread(Self.most * Self.share, over: seeded.plan.sessions / 2).map { 2 * $0 }
        var clients = try (0..<Self.most).map { index in
            let own = stride(from: index, to: numbers.count, by: Self.most).map { numbers[$0] }
            return try Wallet(tokens: own.map(seeded.refreshToken), random: SplitMix(seed: UInt64(index)))
        }
        return Row(key: key, title: title) { seconds in
            let slice: Slice
            (slice, clients) = try ClosedLoop(nodes: [server], seconds: seconds).run(clients)
            return slice
        }
    }

    private func yardsticks(_ scene: PostgresScene) throws -> [Row] {
        let pgbench = try PgBench(scene.cluster, folder: folder)
        return [
            Row(
                key: "flush", title: "4 KiB write + fdatasync alone", isYardstick: true,
                measure: FlushYardstick(folder: folder).run)
        ] + Self.connections.map { pgbench.row(.update, clients: $0) } + [pgbench.row(.rotation, clients: Self.most)]
    }

    private func rows(_ key: String, _ title: String, _ node: ServerUnderTest) throws -> [Row] {
        try RotationLoad(node, most: Self.most).rows(Self.connections, key: key, title: title)
    }

    private var ratios: [Ratio] {
        Self.connections.map {
            .of("socket_\($0)", to: "sqlite_\($0)", "PostgreSQL by a socket / SQLite, \($0) at a time")
        }
            + Self.connections.map {
                .of("network_\($0)", to: "socket_\($0)", "PostgreSQL 0.5 ms away / by a socket, \($0) at a time")
            } + [
                .of("socket_many", to: "sqlite_many", "PostgreSQL by a socket / SQLite, with many sessions"),
                .of(
                    "socket_1", to: "pgbench_update_1",
                    "PostgreSQL by a socket / single UPDATEs of pgbench, 1 connection"),
                .of(
                    "socket_\(Self.most)", to: "pgbench_rotation_\(Self.most)",
                    "PostgreSQL by a socket / SELECT and UPDATE of pgbench, \(Self.most) connections"),
            ]
    }
}

extension Budget {
    static let postgresRotations = Budget(
        key: "postgres_rotations_64", title: "rotations, 64 connections, PostgreSQL by a socket", bound: .atLeast(0.7),
        unit: "x SQLite",
        reason:
            "A change of the database must not cost half of what a node can do. Here PostgreSQL's processes share two "
            + "cores with server and load, and SQLite's work is a part of the server's.")
    static let postgresRotationCost = postgresRotationCost(
        "postgres_rotation_cost", of: "64 sessions, 64 connections")
    static let postgresRotationCostOfMany = postgresRotationCost(
        "postgres_rotation_cost_of_many", of: "many sessions, 64 connections")

    private static func postgresRotationCost(_ key: String, of load: String) -> Budget {
        Budget(
            key: key, title: "PostgreSQL's processor time for a rotation, \(load)", bound: .atMost(70), unit: "µs",
            reason:
                "The database is what all nodes share, so this is what bounds the cluster: 14,000 rotations a second "
                + "for each of its cores. One transaction for each rotation takes ten times as much.")
    }
}
