#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// Everything that a node looks for, in one statement.
    struct CheckRow {
        /// The database's clock.
        let at: Timestamp
        let epoch: String
        let lastSequence: Int64
        /// Whether entries wait for their `seq`.
        let hasUnnumbered: Bool
        let keyVersion: Int64
        let clientVersion: Int64
        /// Another value for other streams, other events or another status.
        let streams: Int64
        /// The clock's row.
        let second: Int64
        let identity: DatabaseIdentity

        private static let select = """
            SELECT coalesce(?, (extract(epoch FROM clock_timestamp()) * 1000)::bigint), s.epoch, s.last_seq,
                EXISTS (SELECT 1 FROM revocations WHERE seq IS NULL), k.version, c.version,
                (SELECT coalesce(bit_xor(\(StreamMarks.mark)), 0) FROM event_streams), clock.second,
                \(DatabaseIdentity.columns)
            FROM revocation_state s, key_state k, client_state c, clock
            """

        /// - Parameter now: what the database's clock is taken to show; nil: what it shows.
        static func read(_ connection: PostgresConnection, now: Timestamp?) throws -> CheckRow {
            let found = try connection.first(select, [now?.milliseconds]) { row in
                CheckRow(
                    at: row.timestamp(0), epoch: row[1], lastSequence: row[2], hasUnnumbered: row[3],
                    keyVersion: row[4], clientVersion: row[5], streams: row[6], second: row[7],
                    identity: try DatabaseIdentity(row, 8))
            }
            guard let found else { throw StoreFault("a table with one row has none") }
            return found
        }

        /// - Parameter sequence: the last one that this node has published.
        func check(published sequence: Int64) -> StoreCheck {
            StoreCheck(
                at: at, epoch: epoch, sequence: sequence, keyVersion: keyVersion, clientVersion: clientVersion)
        }
    }
#endif
