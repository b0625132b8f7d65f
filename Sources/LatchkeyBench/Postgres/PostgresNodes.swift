/// Two nodes on one database beside one of them. Both run all the time; a load of two asks them in turn, so that what one
/// has just written is what the other reads.
///
/// They share the machine with PostgreSQL and the load, so two cannot be faster than one by much. What shows here is what
/// they cost each other.
struct PostgresNodes {
    let options: BenchOptions
    let folder: String

    private static let connections = [16, 64]
    private static let clients = 64

    func measure() throws -> Section {
        var section = Section(.postgresNodes)
        try PostgresScene.with(options, folder) { scene in
            let first = try scene.node("first")
            let second = try scene.node("second", beside: first, database: "first")
            let one = try rows("one", "one node", [first])
            let two = try rows("two", "two nodes in turn", [first, second])
            let rows = zip(one, two).flatMap { [$0, $1] }.map { $0.metered(by: scene.cluster) }
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "two nodes"))
            section.lines.append(scene.description)
        }
        return section
    }

    private func rows(_ key: String, _ title: String, _ nodes: [ServerUnderTest]) throws -> [Row] {
        let most = Self.connections.max() ?? 1
        return try RotationLoad(nodes: nodes, most: most)
            .rows(Self.connections, key: "\(key)_rotate", title: "refresh, \(title)") + [
                Logins.row(
                    nodes, clients: Self.clients, key: "\(key)_login", title: "login, \(title), \(Self.clients) clients"
                )
            ]
    }

    private var ratios: [Ratio] {
        Self.connections.map {
            .of("two_rotate_\($0)", to: "one_rotate_\($0)", "rotations, \($0) connections: two nodes / one")
        } + [.of("two_login", to: "one_login", "logins, \(Self.clients) clients: two nodes / one")]
    }
}
