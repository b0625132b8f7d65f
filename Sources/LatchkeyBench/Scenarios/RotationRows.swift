/// Durable refresh-token rotations beside what disk, database and signature give alone.
final class RotationRows {
    private let endpoint: Endpoint
    private let server: ServerFigures
    private let folder: String
    private let cores: Int
    private let database: CommitYardstick
    /// The refresh token of each session, as the last answer gave it.
    private var tokens: [String]

    /// As many rows as a busy writer puts into one commit.
    private static let batch = 32
    static let connections = [1, 16, 64]

    /// - Parameter folder: on the file system of the server's data.
    init(endpoint: Endpoint, server: ServerFigures, folder: String, cores: Int) throws {
        self.endpoint = endpoint
        self.server = server
        self.folder = folder
        self.cores = cores
        database = try CommitYardstick(folder: folder, name: "yardstick.sqlite")
        tokens = try Population.logIn(count: Self.connections.max() ?? 1, at: endpoint)
    }

    var rows: [Row] {
        [
            Row(
                key: "flush", title: "4 KiB write + fdatasync alone", isYardstick: true,
                measure: FlushYardstick(folder: folder).run),
            Row(key: "commit_1", title: "SQLite alone, FULL, 1 update a commit", isYardstick: true) { [database] in
                try database.run(seconds: $0, rowsPerCommit: 1)
            },
            Row(
                key: "commit_\(Self.batch)", title: "SQLite alone, FULL, \(Self.batch) updates a commit",
                isYardstick: true
            ) { [database] in
                try database.run(seconds: $0, rowsPerCommit: Self.batch)
            },
            Row(
                key: "es256", title: "ES256 signatures alone, \(cores) threads", isYardstick: true,
                measure: SignatureYardstick(cores: cores).run),
        ]
            + Self.connections.map { count in
                Row(key: "rotate_\(count)", title: "POST /oauth2/token, \(count) connection\(count == 1 ? "" : "s")") {
                    try self.rotate(connections: count, seconds: $0)
                }
            }
    }

    var ratios: [Ratio] {
        [
            .of("rotate_1", to: "commit_1", "rotations at 1 connection / single commits alone"),
            .of("rotate_64", to: "commit_\(Self.batch)", "rotations at 64 connections / batched commits alone"),
            .of("rotate_64", to: "es256", "rotations at 64 connections / signatures alone"),
            Ratio(
                key: "rotate_64/together",
                title: "rotations at 64 connections / (signature, batched commit, /healthz in a row)"
            ) { rates in
                let parts = ["es256", "commit_\(Self.batch)", "healthz"].compactMap { rates[$0] }.filter { $0 > 0 }
                guard let value = rates["rotate_64"], parts.count == 3 else { return nil }
                return value * parts.map { 1 / $0 }.reduce(0, +)
            },
        ]
    }

    private func rotate(connections: Int, seconds: Double) throws -> Slice {
        let loop = ClosedLoop(endpoint: endpoint, server: server, seconds: seconds)
        let (slice, successors) = try loop.run(Array(tokens.prefix(connections))) { connection, token in
            let body = "grant_type=refresh_token&client_id=\(Population.client)&refresh_token=\(token)"
            let type = "application/x-www-form-urlencoded"
            try connection.exchange(HTTPRequest.post("/oauth2/token", type: type, body: body), expecting: 200)
            token = try connection.text(of: "refresh_token")
        }
        tokens.replaceSubrange(..<connections, with: successors)
        return slice
    }
}
