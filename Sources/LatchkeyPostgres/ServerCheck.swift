#if Postgres
    import LatchkeyCore
    import LatchkeySQL

    /// Whether a server keeps what it acknowledges, and is new enough.
    enum ServerCheck {
        private static let oldest: Int64 = 140_000

        /// - Throws: ``StoreUnavailable`` with what to change.
        static func run(_ connection: PostgresConnection) throws {
            let version = try connection.integer("SELECT current_setting('server_version_num')::bigint")
            guard version >= oldest else {
                throw StoreUnavailable("PostgreSQL is older than 14: upgrade it")
            }
            for name in ["fsync", "full_page_writes"] {
                let value = try setting(name, connection)
                guard value == "on" else {
                    throw StoreUnavailable(
                        "PostgreSQL's \(name) is \(value): what it acknowledges may be lost; turn it on")
                }
            }
            let commit = try setting("synchronous_commit", connection)
            guard ["on", "remote_apply"].contains(commit) else {
                throw StoreUnavailable(
                    "PostgreSQL's synchronous_commit is \(commit): what it acknowledges may be lost; set it to on")
            }
        }

        private static func setting(_ name: String, _ connection: PostgresConnection) throws -> String {
            try connection.first("SELECT current_setting(?)", [name]) { $0[0] as String } ?? ""
        }
    }
#endif
