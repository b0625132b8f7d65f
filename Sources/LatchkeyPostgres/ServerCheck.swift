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
            let encoding = try connection.first("SELECT current_setting('server_encoding')") { $0[0] as String }
            guard encoding == "UTF8" else {
                throw StoreUnavailable(
                    "the database's encoding is \(encoding ?? "unknown"), in which not every name can be written: make "
                        + "one with UTF8")
            }
            if let weakness = try connection.first("SELECT \(durability)", [], { weakness($0, 0) }) ?? nil {
                throw StoreUnavailable(weakness)
            }
            // What the server does for others: our own connections insist on a good value.
            let commit = try connection.first("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'") {
                $0[0] as String
            }
            guard let commit, ["on", "remote_apply"].contains(commit) else {
                throw StoreUnavailable(
                    "PostgreSQL's synchronous_commit is \(commit ?? "unknown"): what it acknowledges may be lost; set "
                        + "it to on")
            }
        }

        // MARK: While it serves

        private static let switches = ["fsync", "full_page_writes"]

        /// Columns that tell what the server does for durability; ``weakness(_:_:)`` reads them.
        static let durability = switches.map { "current_setting('\($0)')" }.joined(separator: ", ")

        /// The sentence for the operator when what the server acknowledges may be lost.
        static func weakness(_ row: Row, _ start: Int) -> String? {
            for (index, name) in switches.enumerated() {
                let value: String = row[start + index]
                guard value == "on" else {
                    return "PostgreSQL's \(name) is \(value): what it acknowledges may be lost; turn it on"
                }
            }
            return nil
        }
    }
#endif
