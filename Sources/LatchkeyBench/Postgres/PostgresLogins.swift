/// Password logins on PostgreSQL beside Argon2 alone, and beside the same program on SQLite.
struct PostgresLogins {
    let options: BenchOptions
    let folder: String

    private static let clients = [16, 64]

    func measure() throws -> Section {
        var section = Section(.postgresLogins)
        try PostgresScene.with(options, folder) { scene in
            let sqlite = try scene.sqlite("sqlite")
            let node = try scene.node("socket")
            let rows =
                [
                    HashYardstick.row,
                    Logins.row([sqlite], clients: 64, key: "sqlite_64", title: "login, SQLite, 64 clients"),
                ]
                + Self.clients.map {
                    Logins.row(
                        [node], clients: $0, key: "socket_\($0)", title: "login, PostgreSQL by a socket, \($0) clients"
                    ).metered(by: scene.cluster)
                }
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "logins on PostgreSQL"))
            section.lines.append(scene.description)
        }
        for clients in Self.clients {
            try section.judge(.postgresLogins(clients: clients), ratio: "socket_\(clients)/argon2")
        }
        return section
    }

    private var ratios: [Ratio] {
        [.of("sqlite_64", to: "argon2", "logins on SQLite, 64 clients / libargon2")]
            + Self.clients.map { .of("socket_\($0)", to: "argon2", "logins on PostgreSQL, \($0) clients / libargon2") }
    }
}

extension Budget {
    fileprivate static func postgresLogins(clients: Int) -> Budget {
        Budget(
            key: "postgres_logins_\(clients)", title: "password logins on PostgreSQL, \(clients) clients",
            bound: .atLeast(0.85), unit: "x bare libargon2",
            reason:
                "A login is one hash and one transaction. The transaction's eight statements take PostgreSQL and the "
                + "server about a millisecond of processor time here, a fifteenth of the hash.")
    }
}
