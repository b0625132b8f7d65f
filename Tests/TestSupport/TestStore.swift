import Foundation
import Synchronization
package import Testing

/// The store that the tests of whole servers run on: SQLite, or PostgreSQL with `LATCHKEY_TEST_STORE=postgres`.
package enum TestStore {
    package static var isPostgres: Bool { ProcessInfo.processInfo.environment["LATCHKEY_TEST_STORE"] == "postgres" }

    private static let databases = Mutex<[String: String]>([:])

    /// `given`, and keys that put the database of a data folder into the store of this run, unless `given` names a store.
    /// A folder keeps its database.
    static func configuration(
        _ given: [String: String], for folder: TemporaryFolder
    ) async throws -> [String: String] {
        if given["store"] != nil { return given }
        return try await configuration(for: folder).merging(given) { _, given in given }
    }

    private static func configuration(for folder: TemporaryFolder) async throws -> [String: String] {
        #if Postgres
            guard isPostgres else { return [:] }
            return ["store": "postgres", "postgres.url": try await database(for: folder)]
        #else
            return [:]
        #endif
    }

    /// The same as environment variables.
    package static func environment(
        _ given: [String: String], for folder: TemporaryFolder
    ) async throws -> [String: String] {
        if given["LATCHKEY_STORE"] != nil { return given }
        let keys = try await configuration(for: folder).map {
            ("LATCHKEY_" + $0.key.uppercased().replacingOccurrences(of: ".", with: "_"), $0.value)
        }
        return given.merging(keys) { given, _ in given }
    }

    #if Postgres
        private static func database(for folder: TemporaryFolder) async throws -> String {
            if let known = databases.withLock({ $0[folder.path] }) { return known }
            let made = try await PostgresCluster.running().makeDatabase()
            let (kept, isNew) = databases.withLock { databases in
                if let known = databases[folder.path] { return (known, false) }
                databases[folder.path] = made
                return (made, true)
            }
            // Hundreds of tests would fill the disk.
            if isNew {
                let path = folder.path
                folder.whenGone {
                    databases.withLock { $0[path] = nil }
                    Task { try await PostgresCluster.running().removeDatabase(made) }
                }
            }
            return kept
        }
    #endif
}

extension Trait where Self == ConditionTrait {
    /// For what only SQLite has: files in the data folder.
    package static var onSQLite: Self { .disabled(if: TestStore.isPostgres, "about the files of SQLite") }
}
