#if Postgres
    import LatchkeyCore
    import LatchkeySQL

    extension DatabaseIdentity {
        /// Three columns that say which database answers. Any role may read them; a checkpoint's timeline would still be
        /// the old one right after a promotion.
        static let columns = """
            (SELECT system_identifier FROM pg_control_system()),
            substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
            (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
            """

        static let columnCount = 3

        /// - Parameter column: where ``columns`` begin.
        init(_ row: Row, _ column: Int) throws {
            guard let timeline = Int64(row[column + 1] as String, radix: 16) else {
                throw StoreFault.unreadable(DatabaseIdentity.self)
            }
            self.init(system: row[column], timeline: timeline, database: row[column + 2])
        }
    }
#endif
