package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func appendAudit(_ event: AuditEvent) async throws {
        try await writer.perform { try AuditRow.append(event, $0.database) }
    }

    package func appendAuditLater(_ event: AuditEvent) {
        writer.submit { try AuditRow.append(event, $0.database) }
    }

    /// Newest first. Filters by client or kind look at no more than ``auditScanLimit`` rows for one page, so a page may
    /// be short, or empty, and still have a next one.
    package func auditEvents(_ filter: AuditFilter, page: PageRequest) async throws -> Page<AuditEvent> {
        let before = try PageCursor.number(page)
        return try await readers.read { database in
            var condition = ""
            var arguments: [any Bindable] = [before]
            if let session = filter.session {
                condition += " AND session_id = ?"
                arguments += [session.bytes]
            }
            if let users = filter.users {
                condition += " AND user_id IN (\(users.map { _ in "?" }.joined(separator: ", ")))"
                arguments += users.map(\.bytes)
            }
            var items: [AuditEvent] = []
            var seen = 0
            var last: Int64 = 0
            var next: String?
            try database.walk("\(AuditRow.select) WHERE id < ?\(condition) ORDER BY id DESC", arguments) { row in
                if items.count == page.limit || seen == Self.auditScanLimit {
                    next = PageCursor.encode(last)
                    return .stop
                }
                seen += 1
                last = row[0]
                if let since = filter.since, row.timestamp(2) < since {
                    return row.timestamp(2) < since - Self.disorder ? .stop : .on
                }
                // Compared before decoding: most rows of a filtered list are skipped.
                if let kind = filter.kind, kind.rawValue != row[1] as String { return .on }
                if let client = filter.client, client.description != row[6] as String? { return .on }
                if let event = try AuditRow.decode(row) { items.append(event) }
                return .on
            }
            return Page(items: items, nextCursor: next)
        }
    }

    static let auditScanLimit = 50_000
    /// How far the instants of a list may be out of order, as after a clock that was set back.
    static let disorder: Duration = .seconds(3600)

    package func watermarkEvent(
        user: UserID, client: ClientID, begunAt: Timestamp, allEndedAt: Timestamp?
    ) async throws -> AuditEvent? {
        try await readers.read { database in
            var found: AuditEvent?
            // The condition names that of the index `audit_events_watermarks`.
            try database.walk(
                """
                \(AuditRow.select) WHERE kind = 'revocation.added' AND session_id IS NULL AND at >= ?
                    AND (user_id = ? OR client_id = ? OR user_id IS NULL AND client_id IS NULL)
                ORDER BY at, id
                """, [begunAt.milliseconds, user.bytes, client.description]
            ) { row in
                guard let event = try AuditRow.decode(row), event.endsSessions(of: user, client, allEndedAt) else {
                    return .on
                }
                found = event
                return .stop
            }
            return found
        }
    }
}

extension AuditEvent {
    /// Whether the entry of the log with this event moved a watermark of the user, the client or everybody.
    fileprivate func endsSessions(of user: UserID, _ client: ClientID, _ allEndedAt: Timestamp?) -> Bool {
        switch details["kind"] {
        case RevocationEntry.Kind.user.rawValue: self.user == user
        case RevocationEntry.Kind.client.rawValue: self.client == client
        case RevocationEntry.Kind.all.rawValue: details["sessions"] == "true" || at == allEndedAt
        default: false
        }
    }
}

/// Reads and writes rows of `audit_events`.
enum AuditRow {
    /// A row of before names were kept shows the present one.
    static let select = """
        SELECT id, kind, at, actor, user_id, session_id, client_id, network, details, count,
            coalesce(user_name, (SELECT name FROM users WHERE users.id = audit_events.user_id)), actor_name
        FROM audit_events
        """
    /// Failures that strangers can cause as often as they like: like ones within ``foldingTime`` share a row. The index
    /// `audit_events_repeated` names the same kinds.
    static let repeated: Set<AuditEvent.Kind> = [
        .loginFailed, .loginThrottled, .refreshRefused, .refreshReusedElsewhere, .clientAuthenticationFailed,
    ]
    static let foldingTime: Duration = .seconds(60)

    static func decode(_ row: Row) throws -> AuditEvent? {
        // A kind that this version does not know was written by a newer one: left out, not an error.
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

    /// Appends the event, or counts it on the like one of the last minute when it is a failure that repeats.
    static func append(_ event: AuditEvent, _ database: Database) throws {
        let details = encodeDetails(event.details)
        if repeated.contains(event.kind), try fold(event, details: details, database) { return }
        try database.run(
            """
            INSERT INTO audit_events (kind, at, actor, user_id, session_id, client_id, network, details, count,
                user_name, actor_name)
            VALUES (?, ?, ?, ?4, ?, ?, ?, ?, ?, (SELECT name FROM users WHERE id = ?4),
                (SELECT name FROM users WHERE id = ?10))
            """,
            [
                event.kind.rawValue, event.at.milliseconds, event.actor.text, event.user?.bytes,
                event.session?.bytes, event.client?.description, event.network, details, event.count,
                // Who did it to himself is not named twice.
                event.actor.user == event.user ? nil : event.actor.user?.bytes,
            ])
    }

    private static func fold(_ event: AuditEvent, details: String, _ database: Database) throws -> Bool {
        try database.run(
            """
            UPDATE audit_events SET count = count + ? WHERE id = (
                SELECT id FROM audit_events
                WHERE kind = ? AND network IS ? AND at > ? AND at <= ? AND kind IN (\(repeatedKinds))
                    AND actor = ? AND user_id IS ? AND session_id IS ? AND client_id IS ? AND details = ?
                ORDER BY at DESC LIMIT 1)
            """,
            [
                event.count, event.kind.rawValue, event.network, (event.at - foldingTime).milliseconds,
                event.at.milliseconds, event.actor.text, event.user?.bytes, event.session?.bytes,
                event.client?.description, details,
            ]) > 0
    }

    /// As literals, so that SQLite sees that the partial index applies.
    private static let repeatedKinds = [
        AuditEvent.Kind.loginFailed, .loginThrottled, .refreshRefused, .refreshReusedElsewhere,
        .clientAuthenticationFailed,
    ].map { "'\($0.rawValue)'" }.joined(separator: ", ")

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
