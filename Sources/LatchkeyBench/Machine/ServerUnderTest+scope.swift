extension ServerUnderTest {
    /// Starts the server, and stops it when `body` is done.
    static func with<Value>(
        _ options: BenchOptions, _ folder: String, configuration: [String: String] = [:],
        _ body: (ServerUnderTest) throws -> Value
    ) throws -> Value {
        let server = try ServerUnderTest(binary: options.server, folder: folder, configuration: configuration)
        defer { server.stop() }
        return try body(server)
    }

    /// The same with users and clients, which another process has made: what is measured has hashed nothing yet.
    /// - Parameter revocations: entries that its list has.
    static func withPopulation<Value>(
        _ options: BenchOptions, _ folder: String, revocations: Int = 0, _ body: (ServerUnderTest) throws -> Value
    ) throws -> Value {
        try populate(options, folder, revocations: revocations)
        return try with(options, folder, body)
    }

    /// Makes the database in `folder`, and stops again.
    static func populate(
        _ options: BenchOptions, _ folder: String, revocations: Int, configuration: [String: String] = [:]
    ) throws {
        Console.note("Making users and clients in \(folder)")
        try with(options, folder, configuration: configuration) { try Population(admin: $0.admin).create() }
        if revocations > 0 { try SeededRevocations(database: folder + "/data/latchkey.sqlite").insert(revocations) }
    }
}
