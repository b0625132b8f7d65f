import Foundation

/// A cluster and the nodes on it, in one folder.
final class PostgresScene {
    let cluster: PostgresCluster
    private let options: BenchOptions
    private let folder: String
    private var nodes: [ServerUnderTest] = []
    private var lines: [DelayedLine] = []

    /// Runs `body` beside a fresh cluster, and ends it and all nodes afterwards.
    static func with<Value>(
        _ options: BenchOptions, _ folder: String, _ body: (PostgresScene) throws -> Value
    ) throws -> Value {
        Console.note("Starting PostgreSQL in \(folder)")
        let scene = PostgresScene(options, folder, try PostgresCluster(in: folder))
        defer { scene.stop() }
        return try body(scene)
    }

    private init(_ options: BenchOptions, _ folder: String, _ cluster: PostgresCluster) {
        self.options = options
        self.folder = folder
        self.cluster = cluster
    }

    /// A node with a database of its own, which has the users and clients of the load.
    /// - Parameter line: how it reaches PostgreSQL, instead of the socket itself.
    func node(_ name: String, by line: DelayedLine? = nil) throws -> ServerUnderTest {
        try cluster.makeDatabase(name)
        let node = try start(name, database: name, issuer: nil, line)
        Console.note("Making users and clients in the database \(name)")
        try Population(admin: node.admin).create()
        return node
    }

    /// One more node of the same issuer on the same database.
    func node(_ name: String, beside first: ServerUnderTest, database: String) throws -> ServerUnderTest {
        try start(name, database: database, issuer: first.issuer, nil)
    }

    /// The same program on SQLite, for comparison.
    func sqlite(_ name: String) throws -> ServerUnderTest {
        let node = try keep(
            ServerUnderTest(binary: options.server, folder: try makeFolder(name), configuration: [:]))
        try Population(admin: node.admin).create()
        return node
    }

    /// A way to the cluster that takes its time.
    func line(delaying seconds: Double) throws -> DelayedLine {
        let line = try DelayedLine(
            from: try makeFolder("line"), to: cluster.folder + "/" + PostgresCluster.socketName, seconds: seconds)
        lines.append(line)
        return line
    }

    /// What the figures rest on, for people.
    var description: String {
        "\(cluster.version), reached by a Unix socket, with " + PostgresCluster.settings.joined(separator: ", ")
    }

    private func start(
        _ name: String, database: String, issuer: String?, _ line: DelayedLine?
    ) throws -> ServerUnderTest {
        let host = line?.folder ?? cluster.folder
        return try keep(
            ServerUnderTest(
                binary: options.server, folder: try makeFolder(name),
                configuration: [
                    "LATCHKEY_STORE": "postgres",
                    "LATCHKEY_POSTGRES_URL": "host=\(host) user=\(PostgresCluster.user) dbname=\(database)",
                    // The nodes of a database share it; the first one makes it.
                    "LATCHKEY_MASTER_KEY_FILE": "\(folder)/\(database).key",
                ], issuer: issuer))
    }

    private func keep(_ node: ServerUnderTest) -> ServerUnderTest {
        nodes.append(node)
        return node
    }

    private func makeFolder(_ name: String) throws -> String {
        let path = folder + "/" + name
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return path
    }

    /// The nodes first, then what they work with.
    private func stop() {
        for node in nodes.reversed() { node.stop() }
        for line in lines { line.stop() }
        cluster.stop()
    }
}
