#if Postgres
    import Foundation
    import LatchkeyBytes
    import LatchkeyCore
    import LatchkeyPostgres
    import LatchkeyTokens
    import Logging

    /// The operations of the `db` commands on PostgreSQL. Nodes may be running unless it says otherwise.
    struct PostgresMaintenance: Sendable {
        let settings: EffectiveSettings
        private let store: PostgresStore.Settings

        /// - Parameter database: how PostgreSQL is reached.
        init(_ settings: EffectiveSettings, _ database: EffectiveSettings.Postgres) {
            self.settings = settings
            var store = PostgresStore.Settings(database)
            store.seenFile = settings.dataDirectory.seenPath
            self.store = store
        }

        func check() async throws -> PostgresCheck { try await PostgresCheck.run(store.address) }

        /// The nodes of the last day, the newest first.
        func nodes() async throws -> [NodeRecord] { try await PostgresStore.nodes(store) }

        /// Applies what may be applied beside the nodes that run.
        func migrate() throws -> PostgresMigrator.Outcome { try PostgresStore.migrate(store) }

        /// Says what a database is that nodes refuse, and does what that requires. The caller holds the directory's lock.
        /// - Returns: sentences about what came of it.
        func settle(_ settling: PostgresStore.Settling) async throws -> [String] {
            let found = try PostgresStore.settle(store, settling, epoch: Base64URL.string(RandomBytes.make(16)))
            let before = found.map { "Found: \($0.sentence.prefix { $0 != ";" })." }
            // Building the program does what the database is marked for. If the process is killed before that, the next
            // start does it.
            let after = try await DatabaseMaintenance(settings: settings).withProgram { program -> [String] in
                guard case .restored(let keepsSessions) = settling else {
                    return ["The revocation list has a new epoch. Nothing else was changed."]
                }
                return try await DatabaseMaintenance.describe(program, keepSessions: keepsSessions)
            }
            return [before].compactMap { $0 } + after
        }

        /// - Throws: ``CommandFailure`` while a node lives.
        func requireNoNode(_ why: String) async throws {
            let living = try await nodes().filter(\.isLiving).map(\.name)
            guard living.isEmpty else {
                throw CommandFailure(
                    "\(CountText.string(living.count, "node")) still run: \(living.joined(separator: ", ")). \(why)")
            }
        }
    }
#endif
