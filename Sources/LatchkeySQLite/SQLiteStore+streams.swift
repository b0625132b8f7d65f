package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func createStream(
        _ stream: EventStream, capacity: Int, event: AuditEvent
    ) async throws -> EventStreamRecord {
        try await writer.perform { transaction in
            let database = transaction.database
            guard let client = try ClientRow.find(stream.client, database) else {
                throw Refusal(.notFound, "There is no such client.")
            }
            let inserted = try database.run(
                """
                INSERT INTO event_streams (id, client_number, audience, status, status_reason, requested, description,
                    capacity, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_number) DO NOTHING
                """,
                [
                    stream.id.description, client.number, try TextList.encode(stream.audience),
                    stream.status.rawValue, stream.statusReason, try stream.requested.map(TextList.encode),
                    stream.summary, capacity, stream.createdAt.milliseconds,
                ])
            guard inserted == 1 else {
                throw Refusal(.conflict, "This client has a stream already: read, change or delete that one.")
            }
            try AuditRow.append(event, database)
            return try transaction.changedStream(stream.id)
        }
    }

    package func stream(_ id: StreamID) async throws -> EventStreamRecord? {
        try await readers.read { try StreamRow.find(id, $0) }
    }

    package func stream(of client: ClientID) async throws -> EventStreamRecord? {
        try await readers.read { database in
            try database.first("\(StreamRow.select) WHERE c.id = ?", [client.description], StreamRow.decode)
        }
    }

    package func streams(page: PageRequest) async throws -> Page<EventStreamRecord> {
        let before = try PageCursor.number(page)
        let rows = try await readers.read { database in
            try database.all(
                "\(StreamRow.select) WHERE s.number < ? ORDER BY s.number DESC LIMIT ?", [before, page.limit + 1],
                StreamRow.decode)
        }
        return Page(rows, limit: page.limit) { PageCursor.encode($0.number) }
    }

    package func updateStream(_ stream: EventStream, event: AuditEvent) async throws -> EventStreamRecord {
        try await writer.perform { transaction in
            let database = transaction.database
            let old = try transaction.existing(stream.id)
            try database.run(
                """
                UPDATE event_streams SET status = ?, status_reason = ?, requested = ?, description = ?
                WHERE number = ?
                """,
                [
                    stream.status.rawValue, stream.statusReason, try stream.requested.map(TextList.encode),
                    stream.summary, old.number,
                ])
            if stream.status == .disabled {
                try database.run("DELETE FROM stream_events WHERE stream = ?", [old.number])
                try database.run("UPDATE event_streams SET pending = 0 WHERE number = ?", [old.number])
            }
            try AuditRow.append(event, database)
            return try transaction.changedStream(stream.id)
        }
    }

    package func deleteStream(_ id: StreamID, event: AuditEvent) async throws {
        try await writer.perform { transaction in
            let old = try transaction.existing(id)
            // What waits in it goes along.
            try transaction.database.run("DELETE FROM event_streams WHERE number = ?", [old.number])
            transaction.changed(streams: [old.number])
            try AuditRow.append(event, transaction.database)
        }
    }

    package func verifyStream(_ id: StreamID, state: String?, interval: Duration) async throws {
        try await writer.perform { transaction in
            let record = try transaction.existing(id)
            guard record.stream.status != .disabled else {
                throw Refusal(.invalidRequest, "The stream is disabled and holds no event: enable it first.")
            }
            let last = try transaction.database.first(
                "SELECT verified_at FROM event_streams WHERE number = ?", [record.number]
            ) { $0.optionalTimestamp(0) }
            if let last = last ?? nil, transaction.instant < last + interval {
                throw Refusal(
                    .tooManyAttempts, "The stream was verified a moment ago: min_verification_interval says how often.",
                    retryAfter: last + interval - transaction.instant)
            }
            try transaction.database.run(
                "UPDATE event_streams SET verified_at = ? WHERE number = ?",
                [transaction.instant.milliseconds, record.number])
            try transaction.tellVerification(state, to: record.number)
        }
    }

    package func setStreamCapacity(_ capacity: Int) async throws {
        try await writer.perform { transaction in
            _ = try transaction.database.run(
                "UPDATE event_streams SET capacity = ?1 WHERE capacity <> ?1", [capacity])
        }
    }
}

extension Transaction {
    /// - Throws: `Refusal(.notFound)`.
    func existing(_ id: StreamID) throws -> EventStreamRecord {
        guard let record = try StreamRow.find(id, database) else {
            throw Refusal(.notFound, "There is no stream with this id.")
        }
        return record
    }

    /// The stream after a change that receivers may be waiting for.
    fileprivate func changedStream(_ id: StreamID) throws -> EventStreamRecord {
        let record = try existing(id)
        changed(streams: [record.number])
        return record
    }
}

/// Reads rows of `event_streams`.
enum StreamRow {
    static let select = """
        SELECT s.number, s.id, c.id, s.audience, s.status, s.status_reason, s.requested, s.description, s.created_at,
            s.pending, s.dropped, s.acknowledged_at
        FROM event_streams s JOIN clients c ON c.number = s.client_number
        """

    static func decode(_ row: Row) throws -> EventStreamRecord {
        guard let id = StreamID(row[1] as String) else { throw StoreFault.unreadable(StreamID.self) }
        guard let client = ClientID(row[2] as String) else { throw StoreFault.unreadable(ClientID.self) }
        let stream = EventStream(
            id: id, client: client, audience: TextList.decode(row[3]), status: try row.value(4), statusReason: row[5],
            requested: (row[6] as String?).map(TextList.decode), summary: row[7], createdAt: row.timestamp(8))
        return EventStreamRecord(
            number: row[0], stream: stream, pending: row[9], dropped: row[10],
            acknowledgedAt: row.optionalTimestamp(11))
    }

    static func find(_ id: StreamID, _ database: Database) throws -> EventStreamRecord? {
        try database.first("\(select) WHERE s.id = ?", [id.description], decode)
    }

    static func find(number: Int64, _ database: Database) throws -> EventStreamRecord? {
        try database.first("\(select) WHERE s.number = ?", [number], decode)
    }
}
