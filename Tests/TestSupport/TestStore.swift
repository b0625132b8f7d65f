import Foundation
import Synchronization
package import Testing

/// The store that the tests of whole servers run on: SQLite, or PostgreSQL with `LATCHKEY_TEST_STORE=postgres`.
package enum TestStore {
    package static var isPostgres: Bool { ProcessInfo.processInfo.environment["LATCHKEY_TEST_STORE"] == "postgres" }

    private static let databases = Mutex<[String: String]>([:])

    /// Keys that put the database of a data folder into the store of this run. A folder keeps its database.
    package static func configuration(for folder: TemporaryFolder) async throws -> [String: String] {
        #if Postgres
            guard isPostgres else { return [:] }
            return ["store": "postgres", "postgres.url": try await database(for: folder)]
        #else
            return [:]
        #endif
    }

    /// The same as environment variables.
    package static func environment(for folder: TemporaryFolder) async throws -> [String: String] {
        let keys = try await configuration(for: folder)
        return Dictionary(
            uniqueKeysWithValues: keys.map {
                ("LATCHKEY_" + $0.key.uppercased().replacingOccurrences(of: ".", with: "_"), $0.value)
            })
    }

    #if Postgres
        private static func database(for folder: TemporaryFolder) async throws -> String {
            if let known = databases.withLock({ $0[folder.path] }) { return known }
            let made = try await PostgresCluster.running().makeDatabase()
            return databases.withLock { databases in
                if let known = databases[folder.path] { return known }
                databases[folder.path] = made
                return made
            }
        }
    #endif
}

extension Trait where Self == ConditionTrait {
    /// For what only SQLite has: files in the data folder.
    package static var onSQLite: Self { .disabled(if: TestStore.isPostgres, "about the files of SQLite") }
}
