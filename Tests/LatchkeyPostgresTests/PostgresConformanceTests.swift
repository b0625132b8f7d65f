#if Postgres
    import LatchkeyCore
    import LatchkeyPostgres
    import Logging
    import StoreConformance
    import TestSupport
    import Testing

    struct PostgresConformanceTests {
        @Test(arguments: StoreConformance.cases)
        func `the PostgreSQL store keeps the promise that`(_ promise: StoreCase) async throws {
            let url = try await PostgresCluster.running().makeDatabase()
            try await promise.run { clock, observer in
                var settings = PostgresStore.Settings(PostgresAddress(url: url))
                settings.databaseClock = { clock.now() }
                settings.clockLag = 0
                return try PostgresStore.open(
                    settings, clock: clock, observer: observer,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            }
        }
    }
#endif
