#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyPostgres
    import Logging
    import StoreConformance
    import TestSupport

    /// One database, and nodes on it.
    struct PostgresPlace: Sendable {
        let url: String

        init(url: String) { self.url = url }

        init() async throws { url = try await PostgresCluster.running().makeDatabase() }

        var settings: PostgresStore.Settings { PostgresStore.Settings(PostgresAddress(url: url)) }

        func open(
            _ settings: PostgresStore.Settings? = nil, clock: Clock = .wall,
            observer: any StoreObserver = RecordingObserver()
        ) throws -> PostgresStore {
            try PostgresStore.open(
                settings ?? self.settings, clock: clock, observer: observer,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        /// How often a test by force does what it does; more with `LATCHKEY_TEST_FORCE`.
        static var force: Int { ProcessInfo.processInfo.environment["LATCHKEY_TEST_FORCE"].flatMap(Int.init) ?? 1 }
    }
#endif
