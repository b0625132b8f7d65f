#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// Everything that a node looks for, in one statement.
    struct CheckRow {
        /// The database's clock, or what it is taken to show.
        let at: Timestamp
        /// What the database's clock shows.
        let clock: Timestamp
        let epoch: String
        /// Whether entries wait for their `seq`.
        let hasUnnumbered: Bool
        let keyVersion: Int64
        let clientVersion: Int64
        /// Another value for other streams, other events or another status.
        let streams: Int64
        let state: DatabaseState
        let recorded: RecordedHistory
        /// Whether nothing may be served before a settlement is finished.
        let isUnsettled: Bool
        /// Why what is written may be lost; nil when it is durable.
        let weakness: String?

        private static let select = """
            SELECT coalesce(?, \(ClockReading.now)),
                \(ClockReading.now), s.epoch, s.last_seq,
                EXISTS (SELECT 1 FROM revocations WHERE seq IS NULL), k.version, c.version,
                (SELECT coalesce(bit_xor(\(StreamMarks.mark)), 0) FROM event_streams), clock.second,
                s.settlement <> 'none', h.system_identifier, h.timeline, h.database_oid, h.settled_at,
                h.forked_second, \(DatabaseIdentity.columns), \(ServerCheck.durability)
            FROM revocation_state s, key_state k, client_state c, clock, history h
            """

        /// - Parameter now: what the database's clock is taken to show; nil: what it shows.
        static func read(_ connection: any SQLConnection, now: Timestamp?) throws -> CheckRow {
            let found = try connection.first(select, [now?.milliseconds]) { row in
                CheckRow(
                    at: row.timestamp(0), clock: row.timestamp(1), epoch: row[2], hasUnnumbered: row[4],
                    keyVersion: row[5], clientVersion: row[6], streams: row[7],
                    state: DatabaseState(
                        identity: try DatabaseIdentity(row, 15), second: row[8], sequence: row[3]),
                    recorded: RecordedHistory(
                        identity: DatabaseIdentity(system: row[10], timeline: row[11], database: row[12]),
                        settledAt: row.timestamp(13), forkedSecond: row[14]),
                    isUnsettled: row[9], weakness: ServerCheck.weakness(row, 15 + DatabaseIdentity.columnCount))
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
