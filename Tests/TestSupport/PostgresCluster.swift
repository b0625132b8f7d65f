#if Postgres
    import Foundation
    import Synchronization
    import TestConditions

    /// One PostgreSQL cluster for a whole run of the tests, in a folder of its own and reached by a Unix socket alone.
    /// Every test gets a database of its own. It ends with this process, however that ends.
    package final class PostgresCluster: Sendable {
        package typealias Failure = ChildProcess.Failure

        private static let shared = Mutex<Task<PostgresCluster, any Error>?>(nil)
        private static let databases = Atomic<Int>(0)

        private let server: PostgresServer

        private init(_ server: PostgresServer) { self.server = server }

        /// Where Debian puts the newest server; nil where there is none.
        package static var programs: String? {
            let root = "/usr/lib/postgresql"
            let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
            return versions.max().map { "\(root)/\($0)/bin" }
        }

        package static let whereFrom = "PostgreSQL is not installed; on Debian: apt-get install postgresql"

        /// The cluster of this run, started by whoever asks first.
        package static func running() async throws -> PostgresCluster {
            try await shared.withLock { task in
                if let task { return task }
                let started = Task { PostgresCluster(try await PostgresServer.make(connections: 1000, isLeft: true)) }
                task = started
                return started
            }.value
        }

        /// A fresh, empty database.
        /// - Returns: how libpq reaches it.
        package func makeDatabase() async throws -> String {
            let name = "test\(Self.databases.add(1, ordering: .relaxed).newValue)"
            try await server.makeDatabase(name)
            return Self.prefix(server) + name
        }

        /// Removes a database that ``makeDatabase()`` made, with whoever is connected to it.
        package func removeDatabase(_ address: String) async throws {
            try await server.removeDatabase(String(address.dropFirst(Self.prefix(server).count)))
        }

        private static func prefix(_ server: PostgresServer) -> String {
            "host=\(server.host) user=latchkey dbname="
        }
    }
#endif
