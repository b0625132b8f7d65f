#if Postgres
    package import LatchkeyCore
    import LatchkeySQL
    import Waiting

    extension PostgresStore {
        /// The nodes of the last day, the newest first, without becoming one.
        /// - Throws: ``StoreUnavailable``.
        package static func nodes(_ settings: Settings) async throws -> [NodeRecord] {
            try await OwnThread.run("nodes") {
                try PostgresConnection.visit(settings.address) { connection in
                    guard try connection.holds("SELECT to_regclass('nodes') IS NOT NULL") else { return [] }
                    return try NodeTable(connection: connection).all()
                }
            }
        }
    }
#endif
