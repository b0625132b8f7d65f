#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// Rows of `nodes` and `leases`. All times are those of the database's clock: no node's own matters.
    struct NodeTable {
        /// What a node writes about itself.
        struct Own: Sendable {
            let id: String
            let name: String
            let program: String
            let schema: Int64
            let issuer: String
            var masterKeys: MasterKeyFingerprints
            let serves: Bool
            var longest: Duration = .zero
            var skew: Duration = .zero
            /// Grows with each change.
            var revision: Int64 = 0
        }

        let connection: any SQLConnection

        private static let now = ClockReading.now
        /// How long a node is taken to live after it was seen.
        private static let lease: Int64 = 10_000
        /// How long its tokens count.
        private static let tokens: Int64 = 3_600_000
        private static let memory: Int64 = 86_400_000

        /// Writes the row, or writes it again where a promotion has lost it. One that was overtaken by a newer one changes
        /// nothing: several connections of the node write, and what it has said must not be taken back for a moment.
        func write(_ own: Own, published: Int64) throws {
            try connection.run(
                """
                INSERT INTO nodes (id, name, program, schema_version, issuer, master_keys, longest_lifetime, max_skew,
                    revision, serves, published, started_at, seen_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \(Self.now), \(Self.now))
                ON CONFLICT (id) DO UPDATE SET master_keys = excluded.master_keys,
                    longest_lifetime = excluded.longest_lifetime, max_skew = excluded.max_skew,
                    revision = excluded.revision, serves = excluded.serves, published = excluded.published,
                    seen_at = excluded.seen_at
                WHERE nodes.revision <= excluded.revision
                """,
                [
                    own.id, own.name, own.program, own.schema, own.issuer, own.masterKeys.text,
                    own.longest.wholeMilliseconds, own.skew.wholeMilliseconds, own.revision,
                    own.serves, published,
                ])
        }

        /// The node has stopped. Its tokens live on.
        func leave(_ id: String) throws {
            try connection.run("UPDATE nodes SET serves = 0 WHERE id = ?", [id])
        }

        func forgetOld() throws {
            try connection.run("DELETE FROM nodes WHERE seen_at < \(Self.now) - \(Self.memory)")
        }

        /// Newest first.
        func all() throws -> [NodeRecord] {
            let rows = try connection.all(
                """
                SELECT id, name, program, schema_version, issuer, master_keys, serves, started_at, seen_at,
                    serves = 1 AND abs(\(Self.now) - seen_at) < \(Self.lease),
                    greatest((SELECT last_seq FROM revocation_state) - published, 0)
                FROM nodes WHERE seen_at > \(Self.now) - \(Self.memory) ORDER BY started_at DESC, id
                """
            ) { row -> NodeRecord? in
                guard let masterKeys = MasterKeyFingerprints(row[5] as String) else { return nil }
                return NodeRecord(
                    id: row[0], name: row[1], program: row[2], schema: row[3], issuer: row[4],
                    masterKeys: masterKeys, serves: row[6], startedAt: row.timestamp(7), seenAt: row.timestamp(8),
                    isLiving: row[9], behind: row[10])
            }
            return try rows.map { row in
                guard let row else { throw StoreFault.unreadable(MasterKeyFingerprints.self) }
                return row
            }
        }

        /// Nodes that serve now, but for this one.
        func living(besides id: String) throws -> [NodeRecord] {
            try all().filter { $0.isLiving && !$0.id.utf8.elementsEqual(id.utf8) }
        }

        /// The greatest of all nodes that may have issued tokens that live.
        func greatest() throws -> (longest: Duration, skew: Duration) {
            let found = try connection.first(
                """
                SELECT coalesce(max(longest_lifetime), 0), coalesce(max(max_skew), 0) FROM nodes
                WHERE seen_at > \(Self.now) - \(Self.tokens)
                """
            ) { (Duration.milliseconds($0[0] as Int64), Duration.milliseconds($0[1] as Int64)) }
            return found ?? (.zero, .zero)
        }

        func lease(_ work: SharedWork, to id: String, for time: Duration) throws -> Bool {
            try connection.run(
                """
                INSERT INTO leases (work, node, until) VALUES (?1, ?2, \(Self.now) + ?3)
                ON CONFLICT (work) DO UPDATE SET node = excluded.node, until = excluded.until
                WHERE leases.node = excluded.node OR leases.until < \(Self.now)
                """, [work.rawValue, id, time.wholeMilliseconds]) == 1
        }
    }
#endif
