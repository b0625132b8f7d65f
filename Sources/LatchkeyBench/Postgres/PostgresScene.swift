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
        let node = try start(name, database: name, by: line)
        Console.note("Making users and clients in the database \(name)")
        try Population(admin: node.admin).create()
        return node
    }

    /// One more node of the same issuer on the same database.
    func node(_ name: String, beside first: ServerUnderTest, database: String) throws -> ServerUnderTest {
        try start(name, database: database, issuer: first.issuer)
    }

    /// A seeded server and a node with the same users and sessions, so that the tokens of one are good at the other.
    func pair(_ name: String, _ seeded: SeededServer) throws -> (sqlite: ServerUnderTest, postgres: ServerUnderTest) {
        try cluster.makeDatabase(name)
        let place = try makeFolder(name)
        try FileManager.default.copyItem(atPath: seeded.data, toPath: place + "/data")
        try FileManager.default.copyItem(atPath: seeded.masterKeyFile, toPath: masterKeyFile(name))
        Console.note("Moving \(seeded.plan.sessions) sessions into the database \(name)")
        try move(place, to: name, by: seeded.configuration)
        return (try keep(seeded.start()), try start(name, database: name, in: place, seeded.configuration))
    }

    /// As an operator does it.
    private func move(_ place: String, to database: String, by configuration: [String: String]) throws {
        let settings = configuration.merging(settings(database)) { _, own in own }
        let process = try ChildProcess(
            options.server, ["db", "copy", "--to", "postgres", "--data-dir", place + "/data"],
            environment: ProcessInfo.processInfo.environment.merging(settings) { _, own in own },
            log: place + "/copy.log")
        guard process.wait() == 0 else { throw BenchFailure("The data was not moved:\n\(process.lastWords)") }
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
        _ name: String, database: String, in place: String? = nil, _ configuration: [String: String] = [:],
        issuer: String? = nil, by line: DelayedLine? = nil
    ) throws -> ServerUnderTest {
        try keep(
            ServerUnderTest(
                binary: options.server, folder: place ?? makeFolder(name),
                configuration: configuration.merging(settings(database, by: line)) { _, own in own }, issuer: issuer))
    }

    private func settings(_ database: String, by line: DelayedLine? = nil) -> [String: String] {
        [
            "LATCHKEY_STORE": "postgres",
            "LATCHKEY_POSTGRES_URL":
                "host=\(line?.folder ?? cluster.folder) user=\(PostgresCluster.user) dbname=\(database)",
            "LATCHKEY_MASTER_KEY_FILE": masterKeyFile(database),
        ]
    }

    /// The nodes of a database share it; the first one makes it.
    private func masterKeyFile(_ database: String) -> String { folder + "/" + database + ".key" }

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
