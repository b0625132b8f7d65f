import Foundation

/// pgbench, which comes with PostgreSQL: what the cluster gives to a program that does nothing else.
///
/// Each client has a row for itself, as each connection of the load has a session: none waits for another's lock.
struct PgBench {
    let cluster: PostgresCluster
    /// Its scripts and what it says lie here.
    let folder: String

    /// What one transaction does.
    enum Script: String, CaseIterable {
        /// As a refresh in a server that does one after the other: read a row by its key, write it by its key.
        case rotation
        /// The least that a durable write can be.
        case update

        fileprivate var text: String {
            let update =
                "UPDATE rotated SET held = current, current = current + 1, rotated_at = rotated_at + 1 "
                + "WHERE id = :id;"
            let select = "SELECT current, held, rotated_at, rest FROM rotated WHERE id = :id;"
            return switch self {
            case .rotation: "\\set id :client_id + 1\n\(select)\n\(update)\n"
            case .update: "\\set id :client_id + 1\n\(update)\n"
            }
        }

        fileprivate var title: String {
            switch self {
            case .rotation: "SELECT and UPDATE by key"
            case .update: "one UPDATE by key"
            }
        }
    }

    private static let database = "yardstick"
    private static let mostClients = 64

    init(_ cluster: PostgresCluster, folder: String) throws {
        self.cluster = cluster
        self.folder = folder
        for script in Script.allCases {
            try Data(script.text.utf8).write(to: URL(fileURLWithPath: Self.file(script, in: folder)))
        }
        try cluster.makeDatabase(Self.database)
        // A row has about 300 bytes, and its page room for the next version, as in the table of the sessions.
        try cluster.execute(
            """
            CREATE TABLE rotated (
                id bigint PRIMARY KEY, current bigint NOT NULL, held bigint NOT NULL, rotated_at bigint NOT NULL,
                rest text NOT NULL
            ) WITH (fillfactor = 80);
            INSERT INTO rotated SELECT n, 1, 0, 0, repeat('x', 240) FROM generate_series(1, \(Self.mostClients)) n;
            """, in: Self.database)
    }

    func row(_ script: Script, clients: Int) -> Row {
        Row(
            key: "pgbench_\(script)_\(clients)",
            title: "pgbench, \(script.title), \(clients) client\(clients == 1 ? "" : "s")", isYardstick: true
        ) { try run(script, clients: clients, seconds: $0) }
    }

    /// - Parameter seconds: rounded up to whole ones, which is all that pgbench knows.
    private func run(_ script: Script, clients: Int, seconds: Double) throws -> Slice {
        // What so many fresh connections cost by themselves does not count.
        let beginning = try cluster.metering { try run(script, clients: clients, extent: ["-t", "1"]) }
        var slice = try cluster.metering {
            try run(script, clients: clients, extent: ["-T", String(max(1, Int(seconds.rounded(.up))))])
        }
        slice.databaseCPUSeconds = max(0, (slice.databaseCPUSeconds ?? 0) - (beginning.databaseCPUSeconds ?? 0))
        return slice
    }

    private func run(_ script: Script, clients: Int, extent: [String]) throws -> Slice {
        let log = folder + "/pgbench.log"
        try? FileManager.default.removeItem(atPath: log)
        let threads = min(clients, Machine.cores)
        let process = try ChildProcess(
            cluster.program("pgbench"),
            [
                "-h", cluster.folder, "-U", PostgresCluster.user, "-n", "-M", "prepared", "-c", String(clients), "-j",
                String(threads), "-f", Self.file(script, in: folder),
            ] + extent + [Self.database], log: log)
        guard process.wait() == 0, let text = try? String(contentsOfFile: log, encoding: .utf8),
            let count = Self.number(behind: "number of transactions actually processed: ", in: text),
            let rate = Self.number(behind: "tps = ", in: text), count > 0, rate > 0
        else { throw BenchFailure("pgbench failed:\n\(process.lastWords)") }
        return Slice(count: Int(count), seconds: count / rate)
    }

    private static func file(_ script: Script, in folder: String) -> String { folder + "/\(script).sql" }

    private static func number(behind words: String, in text: String) -> Double? {
        guard let start = text.range(of: words)?.upperBound else { return nil }
        return Double(text[start...].prefix { $0.isNumber || $0 == "." })
    }
}
