/// Sign-ins by the hosted pages: the page itself, and single sign-on, beside a login with a password and a refresh.
struct SignIns {
    let options: BenchOptions
    let folder: String

    private static let connections = [1, 16]
    private static let most = 16

    func measure() throws -> Section {
        var section = Section(.signIns)
        try ServerUnderTest.withPopulation(options, folder) { server in
            try Population(admin: server.admin).createApplication()
            let load = try SignInLoad(server, most: Self.most)
            let writes = PageWrites(server)
            let rows =
                try [Logins.row([server], clients: Self.most, key: "login_16", title: "POST /api/v1/login, 16 clients")]
                + RotationLoad(server, most: Self.most).rows(Self.connections)
                + load.rows(Self.connections) + Self.pages(server, writes)
            section.add(rows, Self.ratios, try Rounds(plan: options.plan).run(rows, name: "sign-ins"))
            section.lines.append(writes.line)
            section.lines.append(try server.figures.memory().line("after the sign-ins"))
            try section.judge(.pageWrites, writes.perPage)
        }
        try section.judge(.pageLatency, section.rows.first { $0.key == "page_1" }?.p99Milliseconds ?? [])
        try section.judge(.signIns16, ratio: "signin_16/rotate_16")
        return section
    }

    /// Nobody is signed in, so each answer is the page with the password field.
    private static func pages(_ server: ServerUnderTest, _ writes: PageWrites) -> [Row] {
        connections.map { count in
            Row(
                key: "page_\(count)",
                title: "GET /oauth2/authorize, the page, \(count) connection\(count == 1 ? "" : "s")"
            ) { seconds in
                let page = SameRequest(
                    request: HTTPRequest.get("/oauth2/authorize?\(SignIn.query)"), opening: Array("<!".utf8))
                return try writes.counting {
                    try ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
                        .run(Array(repeating: page, count: count)).slice
                }
            }
        }
    }

    private static var ratios: [Ratio] {
        [
            .of("signin_16", to: "rotate_16", "sign-ins with a live session / refreshes, 16 connections"),
            .of("signin_16", to: "login_16", "sign-ins with a live session / password logins, 16 connections"),
            .cost("signin_16", to: "rotate_16", "sign-in with a live session: processor time / refresh"),
        ]
    }
}

/// Browsers that are signed in, each of another person.
final class SignInLoad {
    private let server: ServerUnderTest
    private var clients: [SignIn]

    /// - Parameter most: connections that any slice will have.
    init(_ server: ServerUnderTest, most: Int) throws {
        self.server = server
        clients = try Population.users.prefix(most).map { SignIn(cookies: try SignIn.browser(of: $0, at: server)) }
    }

    func rows(_ connections: [Int]) -> [Row] {
        connections.map { count in
            Row(
                key: "signin_\(count)",
                title: "authorize → code → tokens, signed in, \(count) connection\(count == 1 ? "" : "s")"
            ) { try self.run(connections: count, seconds: $0) }
        }
    }

    /// - Returns: a slice whose counts and latencies are whole sign-ins, two requests each.
    private func run(connections: Int, seconds: Double) throws -> Slice {
        for index in 0..<connections { clients[index].begin() }
        let loop = ClosedLoop(endpoint: server.endpoint, server: server.figures, seconds: seconds)
        let (requests, after) = try loop.run(Array(clients.prefix(connections)))
        clients.replaceSubrange(..<connections, with: after)
        let latencies = after.flatMap(\.latencies).sorted()
        return Slice(
            count: latencies.count, seconds: requests.seconds, latencies: latencies, failures: requests.failures,
            firstFailure: requests.firstFailure, serverCPUSeconds: requests.serverCPUSeconds,
            generatorCPUSeconds: requests.generatorCPUSeconds)
    }
}

/// What the server writes while it shows pages, by the kernel's count of bytes that the process has sent to the disk.
final class PageWrites {
    private let server: ServerUnderTest
    private var pages = 0
    private var bytes = 0
    /// Bytes for each page, one of each slice.
    private(set) var perPage: [Double] = []

    init(_ server: ServerUnderTest) { self.server = server }

    func counting(_ work: () throws -> Slice) throws -> Slice {
        let before = try server.figures.writtenBytes()
        let slice = try work()
        let written = try server.figures.writtenBytes() - before
        pages += slice.count
        bytes += written
        perPage.append(slice.count > 0 ? Double(written) / Double(slice.count) : 0)
        return slice
    }

    /// For people.
    var line: String {
        "\(pages) sign-in pages: \(bytes) bytes to the disk meanwhile, the server's own housekeeping among them"
    }
}

extension Budget {
    static let pageWrites = Budget(
        key: "page_writes", title: "bytes to the disk for each sign-in page", bound: .atMost(256), unit: "bytes",
        reason: "A flood of page views must cost no disk write, and one of the database has 4096 bytes at least. The "
            + "server's own housekeeping writes now and then.")
    static let pageLatency = Budget(
        key: "page_p99", title: "sign-in page, 1 connection, p99", bound: .atMost(5), unit: "ms",
        reason: "It is made from templates in memory and one look at a client that is kept there.")
    static let signIns16 = Budget(
        key: "sign_ins_16", title: "sign-ins with a live browser session, 16 connections", bound: .atLeast(0.04),
        unit: "x refreshes",
        reason: "Two requests, two commits, an ES256 and an RS256 signature, which costs as much as fifteen of the "
            + "others, and the end of the browser's oldest session. A password login costs a hash instead.")
}
