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
        [HashYardstick.row]
            + Self.clients.map {
                Self.row([server], clients: $0, key: "login_\($0)", title: "POST /api/v1/login, \($0) clients")
            }
    }

    /// A load of logins, at one node after the other.
    static func row(_ nodes: [ServerUnderTest], clients: Int, key: String, title: String) -> Row {
        Row(key: key, title: title, isHash: true) { seconds in
            let clients = Population.users.prefix(clients).map { SameRequest(request: Population.loginRequest($0)) }
            return try ClosedLoop(nodes: nodes, seconds: seconds).run(clients).slice
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
