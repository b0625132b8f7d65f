import LatchkeyCore
import LatchkeyTokens

/// Rows of `event_streams` and `stream_events`.
struct EventStreams: EventStreamLook {
    fileprivate let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static let select = """
        SELECT s.number, s.id, c.id, s.audience, s.status, s.status_reason, s.requested, s.description, s.created_at,
            s.pending, s.dropped, s.acknowledged_at
        FROM event_streams s JOIN clients c ON c.number = s.client_number
        """

    private static func decode(_ row: Row) throws -> EventStreamRecord {
        guard let id = StreamID(row[1] as String) else { throw StoreFault.unreadable(StreamID.self) }
        let stream = EventStream(
            id: id, client: try row.clientID(2), audience: TextList.decode(row[3]), status: try row.value(4),
            statusReason: row[5], requested: (row[6] as String?).map(TextList.decode), summary: row[7],
            createdAt: row.timestamp(8))
        return EventStreamRecord(
            number: row[0], stream: stream, pending: row[9], dropped: row[10],
            acknowledgedAt: row.optionalTimestamp(11))
    }

    func find(_ id: StreamID) throws -> EventStreamRecord? {
        try connection.first("\(Self.select) WHERE s.id = ?", [id.description], Self.decode)
    }

    func find(number: Int64) throws -> EventStreamRecord? {
        try connection.first("\(Self.select) WHERE s.number = ?", [number], Self.decode)
    }

    func find(of client: ClientID) throws -> EventStreamRecord? {
        try connection.first("\(Self.select) WHERE c.id = ?", [client.description], Self.decode)
    }

    func page(before number: Int64, limit: Int) throws -> [EventStreamRecord] {
        try connection.all(
            "\(Self.select) WHERE s.number < ? ORDER BY s.number DESC LIMIT ?", [number, limit], Self.decode)
    }

    func waiting() throws -> [Int64] {
        try connection.all("SELECT number FROM event_streams WHERE pending > 0 ORDER BY number") { $0[0] }
    }

    func readListening() throws -> [ListeningStream] {
        try connection.all("SELECT number, requested FROM event_streams WHERE status <> 'disabled' ORDER BY number") {
            row in
            let requested = (row[1] as String?).map(TextList.decode)
            return ListeningStream(number: row[0], kinds: Set(EventStream.delivered(of: requested)))
        }
    }

    func pendingEvents(_ number: Int64, limit: Int) throws -> [SecurityEvent] {
        try connection.all(
            """
            SELECT seq, jti, kind, user_id, session_id, at, initiator, reason, txn, state
            FROM stream_events WHERE stream = ? ORDER BY seq LIMIT ?
            """, [number, limit], Self.decodeEvent)
    }

    private static func decodeEvent(_ row: Row) throws -> SecurityEvent {
        guard let id = TokenID(row[1] as String) else { throw StoreFault.unreadable(TokenID.self) }
        let user = row.optionalBytes(3).flatMap { UserID(bytes: $0) }
        let session = row.optionalBytes(4).flatMap { SessionID(bytes: $0) }
        let subject: SecurityEvent.Subject =
            switch (user, session) {
            case (let user?, let session?): .session(session, of: user)
            case (let user?, nil): .user(user)
            case (nil, _): .stream
            }
        return SecurityEvent(
            sequence: row[0], id: id, kind: try row.value(2), subject: subject, at: row.timestamp(5),
            initiator: (row[6] as String?).flatMap(SecurityEvent.Initiator.init(rawValue:)),
            reason: (row[7] as String?).flatMap(RevocationReason.init(rawValue:)), transaction: row[8], state: row[9])
    }
}

/// The writes of rules.
struct EventStreamWrites: EventStreamTable {
    private let ledger: SQLLedger
    private let looks: EventStreams
    private var connection: any SQLConnection { looks.connection }

    init(_ ledger: SQLLedger, _ connection: any SQLConnection) {
        self.ledger = ledger
        looks = EventStreams(connection)
    }

    func find(_ id: StreamID) throws -> EventStreamRecord? { try looks.find(id) }
    func find(number: Int64) throws -> EventStreamRecord? { try looks.find(number: number) }
    func find(of client: ClientID) throws -> EventStreamRecord? { try looks.find(of: client) }
    func page(before number: Int64, limit: Int) throws -> [EventStreamRecord] {
        try looks.page(before: number, limit: limit)
    }
    func waiting() throws -> [Int64] { try looks.waiting() }
    func pendingEvents(_ number: Int64, limit: Int) throws -> [SecurityEvent] {
        try looks.pendingEvents(number, limit: limit)
    }
    func listening() throws -> [ListeningStream] { try ledger.listeningStreams() }
    func wake(_ number: Int64) { ledger.noteChange(of: number) }

    // MARK: Streams

    func insert(_ stream: EventStream, capacity: Int) throws -> Bool {
        try connection.run(
            """
            INSERT INTO event_streams (id, client_number, audience, status, status_reason, requested, description,
                capacity, created_at)
            VALUES (?, (SELECT number FROM clients WHERE id = ?), ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (client_number) DO NOTHING
            """,
            [
                stream.id.description, stream.client.description, try TextList.encode(stream.audience),
                stream.status.rawValue, stream.statusReason, try stream.requested.map(TextList.encode),
                stream.summary, capacity, stream.createdAt.milliseconds,
            ]) == 1
    }

    func update(_ stream: EventStream, number: Int64) throws {
        try connection.run(
            "UPDATE event_streams SET status = ?, status_reason = ?, requested = ?, description = ? WHERE number = ?",
            [
                stream.status.rawValue, stream.statusReason, try stream.requested.map(TextList.encode),
                stream.summary, number,
            ])
    }

    func delete(_ number: Int64) throws {
        try connection.run("DELETE FROM event_streams WHERE number = ?", [number])
    }

    func lastVerification(_ number: Int64) throws -> Timestamp? {
        try connection.first("SELECT verified_at FROM event_streams WHERE number = ?", [number]) {
            $0.optionalTimestamp(0)
        } ?? nil
    }

    func setVerification(_ number: Int64, at instant: Timestamp) throws {
        try connection.run(
            "UPDATE event_streams SET verified_at = ? WHERE number = ?", [instant.milliseconds, number])
    }

    func setCapacity(_ capacity: Int) throws {
        try connection.run("UPDATE event_streams SET capacity = ?1 WHERE capacity <> ?1", [capacity])
    }

    // MARK: Events

    func append(_ event: SecurityEventDraft, to number: Int64) throws -> (capacity: Int64, excess: Int64) {
        let numbers = try connection.first(
            """
            UPDATE event_streams SET last_seq = last_seq + 1, pending = pending + 1 WHERE number = ?
            RETURNING last_seq, pending - capacity, capacity
            """, [number]
        ) { row in (sequence: row[0] as Int64, excess: row[1] as Int64, capacity: row[2] as Int64) }
        guard let numbers else { throw StoreFault("a stream is gone within the transaction that found it") }
        try connection.run(
            """
            INSERT INTO stream_events (stream, seq, jti, kind, user_id, session_id, at, initiator, reason, txn, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                number, numbers.sequence, event.id.description, event.kind.rawValue, event.subject.user?.bytes,
                event.subject.session?.bytes, event.at.milliseconds, event.initiator?.rawValue,
                event.reason?.rawValue, event.transaction, event.state,
            ])
        return (numbers.capacity, numbers.excess)
    }

    func remove(_ event: TokenID, from number: Int64) throws -> Bool {
        try connection.run(
            "DELETE FROM stream_events WHERE stream = ? AND jti = ?", [number, event.description]) > 0
    }

    func clear(_ number: Int64) throws {
        try connection.run("DELETE FROM stream_events WHERE stream = ?", [number])
        try connection.run("UPDATE event_streams SET pending = 0 WHERE number = ?", [number])
    }

    func noteAcknowledged(_ count: Int, of number: Int64, at instant: Timestamp) throws {
        try connection.run(
            "UPDATE event_streams SET pending = pending - ?, acknowledged_at = ? WHERE number = ?",
            [count, instant.milliseconds, number])
    }

    func drop(_ limit: Int64, of number: Int64, before instant: Timestamp?) throws -> Int {
        let dropped = try connection.run(
            """
            DELETE FROM stream_events WHERE stream = ?1 AND seq IN (
                SELECT seq FROM (SELECT seq, at FROM stream_events WHERE stream = ?1 ORDER BY seq LIMIT ?2) AS oldest
                WHERE at < ?3)
            """, [number, limit, instant?.milliseconds ?? .max])
        guard dropped > 0 else { return 0 }
        try connection.run(
            "UPDATE event_streams SET pending = pending - ?, dropped = dropped + ? WHERE number = ?",
            [dropped, dropped, number])
        return dropped
    }
}
