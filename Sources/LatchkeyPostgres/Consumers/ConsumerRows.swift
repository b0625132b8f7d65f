#if Postgres
    package import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// The table of consumers, in which nodes tell one another who polls the revocation list. It is not logged: after a
    /// crash of the server it is empty, and the next polls fill it.
    struct ConsumerRows {
        /// More than nodes keep in memory.
        private static let limit = 5000

        let connection: any SQLConnection

        func write(_ changes: ConsumerChanges) throws {
            if !changes.displaced.isEmpty {
                try connection.run(Self.remove, [Self.names(changes.displaced)])
            }
            if !changes.changed.isEmpty { try connection.run(Self.merge, [Self.rows(changes.changed)]) }
            try connection.run("DELETE FROM consumers WHERE last_seen < ?", [changes.oldest.milliseconds])
        }

        func all() throws -> [SharedConsumer] {
            try connection.all(
                """
                SELECT name, address, epoch, acknowledged, first_seen, last_seen, rhythm, left_at FROM consumers
                ORDER BY last_seen DESC LIMIT ?
                """, [Self.limit]
            ) { row in
                SharedConsumer(
                    name: row[0], address: row[1], epoch: row[2], acknowledged: row[3], firstSeen: row.timestamp(4),
                    lastSeen: row.timestamp(5), rhythm: .milliseconds(row[6] as Int64),
                    leftAt: row.optionalTimestamp(7))
            }
        }

        /// In key order, so that two nodes that write the same rows do not wait for each other in a circle.
        private static let merge = """
            INSERT INTO consumers (name, address, epoch, acknowledged, first_seen, last_seen, rhythm, left_at)
            SELECT name, address, epoch, acknowledged, first_seen, last_seen, rhythm, left_at
            FROM jsonb_to_recordset(?::text::jsonb) AS told (name text, address text, epoch text, acknowledged bigint,
                first_seen bigint, last_seen bigint, rhythm bigint, left_at bigint)
            ORDER BY name COLLATE "C", address COLLATE "C"
            ON CONFLICT (name, address) DO UPDATE SET
                acknowledged = CASE WHEN consumers.epoch = excluded.epoch
                    THEN greatest(consumers.acknowledged, excluded.acknowledged) ELSE excluded.acknowledged END,
                epoch = excluded.epoch,
                first_seen = least(consumers.first_seen, excluded.first_seen),
                rhythm = CASE WHEN excluded.last_seen >= consumers.last_seen
                    THEN excluded.rhythm ELSE consumers.rhythm END,
                last_seen = greatest(consumers.last_seen, excluded.last_seen),
                left_at = greatest(consumers.left_at, excluded.left_at)
            """

        private static let remove = """
            DELETE FROM consumers WHERE (name, address) IN (
                SELECT name, address FROM consumers
                JOIN jsonb_to_recordset(?::text::jsonb) AS told (name text, address text) USING (name, address)
                ORDER BY name, address FOR UPDATE OF consumers)
            """

        private static func names(_ displaced: [(name: String, address: String)]) -> String {
            list(displaced) { consumer, json in
                json.member("name", consumer.name)
                json.member("address", consumer.address)
            }
        }

        private static func rows(_ consumers: [SharedConsumer]) -> String {
            list(consumers) { consumer, json in
                json.member("name", consumer.name)
                json.member("address", consumer.address)
                json.member("epoch", consumer.epoch)
                if let acknowledged = consumer.acknowledged { json.member("acknowledged", acknowledged) }
                json.member("first_seen", consumer.firstSeen.milliseconds)
                json.member("last_seen", consumer.lastSeen.milliseconds)
                json.member("rhythm", consumer.rhythm.wholeMilliseconds)
                if let leftAt = consumer.leftAt { json.member("left_at", leftAt.milliseconds) }
            }
        }

        private static func list<Element>(
            _ elements: [Element], _ members: (Element, inout JSONWriter) -> Void
        ) -> String {
            var json = JSONWriter()
            json.array { json in
                for element in elements { json.object { members(element, &$0) } }
            }
            return String(decoding: json.bytes, as: UTF8.self)
        }
    }

    extension PostgresStore {
        package func exchange(_ changes: ConsumerChanges) async throws -> [SharedConsumer] {
            try await write(.rows) { ledger in
                guard let ledger = ledger as? SQLLedger else { throw StoreFault("a rule on another engine") }
                let rows = ConsumerRows(connection: ledger.connection)
                try rows.write(changes)
                return try rows.all()
            }.value
        }
    }
#endif
