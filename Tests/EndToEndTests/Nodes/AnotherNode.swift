#if Postgres
    import Foundation
    import LatchkeyMigrations
    import TestSupport
    import Testing

    /// Starts one more node on the database of a running one, for the time of `body`.
    /// - Parameter later: files of the schema that its release adds.
    func withAnotherNode(
        beside first: TestServer, _ configuration: [String: String] = [:], database: String,
        later: [Migration] = [], expectFaults: Bool = false, _ body: @Sendable (TestServer) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.copyItem(
            atPath: first.folder.file("master.key"), toPath: folder.file("master.key"))
        try await withServer(
            ["store": "postgres", "postgres.url": database].merging(configuration) { $1 }, folder: folder,
            later: later, expectFaults: expectFaults, body)
    }
#endif
