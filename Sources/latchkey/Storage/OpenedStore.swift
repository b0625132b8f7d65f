import Foundation
package import Glibc
package import LatchkeyCore
package import LatchkeyMigrations
import LatchkeySQLite
import LatchkeyTokens
package import Logging
package import ServiceLifecycle

#if Postgres
    import LatchkeyPostgres
#endif

/// The store of this process, and what only its engine can tell. The one place that knows which engines there are.
package struct OpenedStore: Sendable {
    package let store: any Store
    /// Whether the database is known to be gone for good.
    package let isLost: @Sendable () -> Bool
    /// The threads that everybody who writes waits for.
    package let threads: @Sendable () async throws -> [pthread_t]
    /// Watches over the database as long as the server runs, and ends it when the database is gone.
    package let watch: (any Service)?

    /// - Parameter later: files of the schema that a later release adds to those of this one. For tests.
    /// - Throws: `MigrationError`, `StoreUnavailable`, each with a sentence for the operator.
    package static func open(
        _ settings: EffectiveSettings, mayMigrate: Bool, time: StoreTime, later: [Migration] = [],
        observer: any StoreObserver, logger: Logger
    ) throws -> OpenedStore {
        switch settings.database {
        case .sqlite:
            var sqlite = SQLiteStore.Settings(dataDirectory: settings.dataDirectory.path)
            sqlite.schema = mayMigrate ? .migrate : .requireCurrent
            let store = try SQLiteStore.open(sqlite, clock: time.clock, observer: observer, logger: logger)
            return OpenedStore(
                store: store, isLost: { store.isLost }, threads: { [try await store.writerThread()] },
                watch: DatabaseWatch(store: store, logger: logger))
        case .postgres(let database):
            #if Postgres
                var postgres = PostgresStore.Settings(database)
                postgres.following = time.following
                postgres.databaseClock = time.databaseClock
                postgres.name = Self.machineName
                postgres.program = Latchkey.version
                postgres.seenFile = settings.dataDirectory.seenPath
                postgres.migrations += later
                if time.databaseClock != nil { postgres.clockLag = 0 }
                let store = try PostgresStore.open(
                    postgres, clock: time.clock, observer: observer, logger: logger)
                // A server that is away comes back; nothing here is lost for good.
                return OpenedStore(
                    store: store, isLost: { false }, threads: { await store.hotThreads() }, watch: nil)
            #else
                _ = database
                throw ConfigurationError("This program was built without PostgreSQL.")
            #endif
        }
    }

    #if Postgres
        /// As the machine calls itself; no name server is asked.
        private static var machineName: String {
            var name = [CChar](repeating: 0, count: 256)
            // The array lives for the call, which leaves its last place as it is.
            guard unsafe gethostname(&name, 255) == 0 else { return "" }
            return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    #endif
}

extension EffectiveSettings {
    /// Whether a start may make a new master key: there is nothing yet that another one has sealed.
    package func isUntouched() throws -> Bool {
        switch database {
        case .sqlite: return !FileManager.default.fileExists(atPath: dataDirectory.databasePath)
        case .postgres(let database):
            #if Postgres
                return try PostgresStore.isUntouched(PostgresStore.Settings(database))
            #else
                _ = database
                return false
            #endif
        }
    }
}

#if Postgres
    extension PostgresStore.Settings {
        init(_ database: EffectiveSettings.Postgres) {
            self.init(PostgresAddress(url: database.url, passwordFile: database.passwordFile))
            connections = database.connections
            listens = database.listens
        }
    }
#endif
