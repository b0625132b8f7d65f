/// Password logins beside Argon2 alone.
struct LoginRows {
    let endpoint: Endpoint
    let server: ServerFigures
    let cores: Int

    var rows: [Row] {
        [
            Row(
                key: "argon2", title: "libargon2 alone, \(cores) threads, 19 MiB, t=2", isYardstick: true, isHash: true,
                measure: HashYardstick(cores: cores).run),
            Row(key: "login_16", title: "POST /api/v1/login, 16 clients", isHash: true, measure: logIn),
        ]
    }

    let ratios = [Ratio.of("login_16", to: "argon2", "logins / libargon2 alone")]

    private func logIn(seconds: Double) throws -> Slice {
        let requests = Population.users.map(Population.loginRequest)
        return try ClosedLoop(endpoint: endpoint, server: server, seconds: seconds).run(requests) {
            connection, request in
            try connection.exchange(request, expecting: 200)
        }.0
    }
}
