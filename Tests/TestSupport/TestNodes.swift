#if Postgres
    import LatchkeyCore
    package import Testing

    /// Runs several servers on one PostgreSQL database for the time of `body`, as ``withServer(_:clock:folder:later:expectFaults:sourceLocation:_:)``
    /// does with one: each with a data folder of its own and the same master key.
    ///
    /// - Parameters:
    ///   - database: to go on with one that earlier nodes left; see ``PostgresCluster/makeDatabase()``.
    ///   - only: settings of single nodes, by their place.
    package func withNodes(
        _ count: Int, _ configuration: [String: String] = [:], database: String? = nil,
        only: [Int: [String: String]] = [:], expectFaults: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable ([TestServer]) async throws -> Void
    ) async throws {
        let given = database
        let database = if let given { given } else { try await PostgresCluster.running().makeDatabase() }
        let masterKey = MasterKeyRing.generate()
        try await ServerPlaces.shared.withPlace {
            try await runNodes(count, [], body: body) { place, body in
                let folder = try TemporaryFolder()
                try MasterKeyFile(path: folder.file("master.key")).write(masterKey)
                let node = ["store": "postgres", "postgres.url": database]
                    .merging(configuration) { _, given in given }
                    .merging(only[place] ?? [:]) { _, given in given }
                try await withServer(
                    node, folder: folder, expectFaults: expectFaults, sourceLocation: sourceLocation, body)
            }
        }
        if given == nil { try await PostgresCluster.running().removeDatabase(database) }
    }

    /// Starts one after the other, each inside the one before.
    private func runNodes(
        _ missing: Int, _ running: [TestServer], body: @escaping @Sendable ([TestServer]) async throws -> Void,
        start: @escaping @Sendable (Int, @Sendable (TestServer) async throws -> Void) async throws -> Void
    ) async throws {
        guard missing > 0 else { return try await body(running) }
        try await start(running.count) { node in
            try await runNodes(missing - 1, running + [node], body: body, start: start)
        }
    }
#endif
