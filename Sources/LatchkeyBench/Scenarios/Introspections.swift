/// Introspection of live tokens by a confidential client, which has to prove itself each time.
struct Introspections {
    let options: BenchOptions
    let folder: String

    private static let connections = [16, 64]

    func measure() throws -> Section {
        var section = Section(.introspection)
        try ServerUnderTest.withPopulation(options, folder) { server in
            let tokens = try Population.logIn(
                count: Self.connections.max() ?? 1, at: server.endpoint, asService: true)
            let rows =
                self.rows("access", tokens.map(\.access), server) + self.rows("refresh", tokens.map(\.refresh), server)
            section.add(rows, [], try Rounds(plan: options.plan).run(rows, name: "introspection"))
            section.lines.append(try server.figures.memory().line("after the introspections"))
        }
        try section.judge(.introspectAccess, rate: "introspect_access_64")
        try section.judge(.introspectRefresh, rate: "introspect_refresh_64")
        return section
    }

    private func rows(_ kind: String, _ tokens: [String], _ server: ServerUnderTest) -> [Row] {
        Self.connections.map { count in
            let clients = tokens.prefix(count).map(Self.client)
            return Row(
                key: "introspect_\(kind)_\(count)",
                title: "POST /oauth2/introspect, \(kind) tokens, \(count) connections"
            ) { seconds in
                try ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds).run(clients).slice
            }
        }
    }

    static func client(_ token: String) -> SameRequest {
        SameRequest(
            request: HTTPRequest.form(
                "/oauth2/introspect", fields: [Population.serviceCredentials], body: "token=\(token)"),
            opening: Array(#"{"active":true"#.utf8))
    }
}

extension Budget {
    static let introspectAccess = introspect("access")
    static let introspectRefresh = introspect("refresh")

    private static func introspect(_ kind: String) -> Budget {
        Budget(
            key: "introspect_\(kind)", title: "introspection of \(kind) tokens, 64 connections",
            bound: .atLeast(15_000), unit: "a second",
            reason:
                "It writes nothing: it authenticates a client, verifies a signature or tag and reads one row, in the time "
                + "that two cores have beside the load. A proxy that asks for every request must not notice it.")
    }
}
