extension ServerUnderTest {
    /// Starts the server, and stops it when `body` is done.
    static func with<Value>(
        _ options: BenchOptions, _ folder: String, _ body: (ServerUnderTest) throws -> Value
    ) throws -> Value {
        let server = try ServerUnderTest(binary: options.server, folder: folder)
        defer { server.stop() }
        return try body(server)
    }

    /// The same with users and clients, which another process has made: what is measured has hashed nothing yet.
    static func withPopulation<Value>(
        _ options: BenchOptions, _ folder: String, _ body: (ServerUnderTest) throws -> Value
    ) throws -> Value {
        Console.note("Making users and clients in \(folder)")
        try with(options, folder) { try Population(admin: $0.admin).create() }
        return try with(options, folder, body)
    }
}
