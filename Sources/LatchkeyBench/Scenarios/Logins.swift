/// Password logins beside Argon2 alone.
struct Logins {
    let options: BenchOptions
    let folder: String

    private static let clients = [16, 64]

    func measure() throws -> Section {
        var section = Section(.logins)
        try ServerUnderTest.withPopulation(options, folder) { server in
            let rows = rows(server)
            let ratios = Self.clients.map { Ratio.of("login_\($0)", to: "argon2", "logins, \($0) clients / libargon2") }
            section.add(rows, ratios, try Rounds(plan: options.plan).run(rows, name: "logins"))
            section.lines.append(try server.figures.memory().line("after the logins"))
        }
        try section.judge(.logins16, ratio: "login_16/argon2")
        try section.judge(.logins64, ratio: "login_64/argon2")
        return section
    }

    private func rows(_ server: ServerUnderTest) -> [Row] {
        let cores = Machine.cores
        return [
            Row(
                key: "argon2", title: "libargon2 alone, \(cores) threads, 19 MiB, t=2", isYardstick: true, isHash: true,
                measure: HashYardstick(cores: cores).run)
        ]
            + Self.clients.map { count in
                Row(key: "login_\(count)", title: "POST /api/v1/login, \(count) clients", isHash: true) { seconds in
                    let clients = Population.users.prefix(count).map {
                        SameRequest(request: Population.loginRequest($0))
                    }
                    return try ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
                        .run(clients).slice
                }
            }
    }
}

extension Budget {
    static let logins16 = logins(clients: 16)
    static let logins64 = logins(clients: 64)

    private static func logins(clients: Int) -> Budget {
        Budget(
            key: "logins_\(clients)", title: "password logins, \(clients) clients", bound: .atLeast(0.97),
            unit: "x bare libargon2",
            reason: "A login is one hash, which is slow on purpose. Everything else, session, signature, commit and "
                + "HTTP, takes less than a hundredth of that time. The remainder allows for the scheduler.")
    }
}
