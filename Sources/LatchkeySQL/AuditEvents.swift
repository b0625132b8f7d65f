import LatchkeyCore
import LatchkeyTokens

/// Rows of `audit_events`.
struct AuditEvents: AuditTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    /// A row from before names were kept shows the current name.
    private static let select = """
        SELECT id, kind, at, actor, user_id, session_id, client_id, network, details, count,
            coalesce(user_name, (SELECT name FROM users WHERE users.id = audit_events.user_id)), actor_name
        FROM audit_events
        """

    private static func decode(_ row: Row) throws -> AuditEvent? {
        // A newer version wrote a kind that this version does not know: skipped, not an error.
        guard let kind = AuditEvent.Kind(rawValue: row[1]) else { return nil }
        guard let actor = Actor(row[3] as String) else { throw StoreFault.unreadable(Actor.self) }
        let user = row.optionalBytes(4).flatMap { UserID(bytes: $0) }
        return AuditEvent(
            id: row[0], kind, at: row.timestamp(2), actor: actor, user: user,
            session: row.optionalBytes(5).flatMap { SessionID(bytes: $0) },
            client: (row[6] as String?).flatMap { ClientID($0) }, network: row[7], details: decodeDetails(row[8]),
            count: row[9], userName: row[10],
            actorName: row[user != nil && actor.user == user ? 10 : 11])
    }

    // MARK: Looks

    func walk(
        _ filter: AuditFilter, before id: Int64, limit: Int, _ body: (AuditRow) throws -> Walk
    ) throws {
        var condition = ""
        var arguments: [any Bindable] = [id]
        if let session = filter.session {
            condition += " AND session_id = ?"
            arguments += [session.bytes]
        }
        if let users = filter.users {
            condition += " AND user_id IN (\(users.map { _ in "?" }.joined(separator: ", ")))"
            arguments += users.map(\.bytes)
        }
        let sql = "\(Self.select) WHERE id < ?\(condition) ORDER BY id DESC LIMIT ?"
        try connection.walk(sql, arguments + [limit]) { row in
            let event = try Self.isOf(filter, row) ? try Self.decode(row) : nil
            return try body(AuditRow(id: row[0], at: row.timestamp(2), event: event))
        }
    }

    private static func isOf(_ filter: AuditFilter, _ row: Row) throws -> Bool {
        if let kind = filter.kind, kind.rawValue != row[1] as String { return false }
        if let client = filter.client, client.description != row[6] as String? { return false }
        return true
    }

    func watermarks(
        of user: UserID, _ client: ClientID, since instant: Timestamp, _ body: (AuditEvent) throws -> Walk
    ) throws {
        // The condition repeats that of the index `audit_events_watermarks`.
        try connection.walk(
            """
            \(Self.select) WHERE kind = 'revocation.added' AND session_id IS NULL AND at >= ?
                AND (user_id = ? OR client_id = ? OR user_id IS NULL AND client_id IS NULL)
            ORDER BY at, id
            """, [instant.milliseconds, user.bytes, client.description]
        ) { row in
            guard let event = try Self.decode(row) else { return .on }
            return try body(event)
        }
    }

    // MARK: Writes

    func insert(_ event: AuditEvent) throws {
        try connection.write(
            """
            INSERT INTO audit_events (kind, at, actor, user_id, session_id, client_id, network, details, count,
                user_name, actor_name)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, (SELECT name FROM users WHERE id = ?4),
                (SELECT name FROM users WHERE id = ?10))
            """,
            [
                event.kind.rawValue, event.at.milliseconds, event.actor.text, event.user?.bytes,
                event.session?.bytes, event.client?.description, event.network, Self.encodeDetails(event.details),
                event.count,
                // A user who acted on himself is not named twice.
                event.actor.user == event.user ? nil : event.actor.user?.bytes,
            ])
    }

    func fold(_ event: AuditEvent, since: Timestamp) throws -> Bool {
        try connection.run(
            Self.foldStatement,
            [
                event.count, event.kind.rawValue, event.network, since.milliseconds, event.at.milliseconds,
                event.actor.text, event.user?.bytes, event.session?.bytes, event.client?.description,
                Self.encodeDetails(event.details),
            ]) > 0
    }

    /// The kinds are literals, as in the partial index `audit_events_repeated`, so that the database sees that the
    /// index applies.
    private static let foldStatement = """
        UPDATE audit_events SET count = count + ? WHERE id = (
            SELECT id FROM audit_events
            WHERE kind = ? AND network IS NOT DISTINCT FROM ? AND at > ? AND at <= ?
                AND kind IN (\(AuditRules.repeated.map { "'\($0.rawValue)'" }.joined(separator: ", ")))
                AND actor = ? AND user_id IS NOT DISTINCT FROM ? AND session_id IS NOT DISTINCT FROM ?
                AND client_id IS NOT DISTINCT FROM ? AND details = ?
            ORDER BY at DESC LIMIT 1)
        """

    // MARK: Details

    private static func encodeDetails(_ details: [String: String]) -> String {
        let json = JSONWriter.object(reserving: 64) { writer in
            for (name, value) in details.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
        return String(decoding: json, as: UTF8.self)
    }

    private static func decodeDetails(_ text: String) -> [String: String] {
        guard let object = try? StrictJSON.parseObject(Array(text.utf8)) else { return [:] }
        return Dictionary(
            object.members.compactMap { member in member.value.string.map { (member.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
