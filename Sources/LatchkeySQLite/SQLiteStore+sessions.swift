package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func session(_ id: SessionID) async throws -> SessionRecord? {
        try await readers.read { try SessionRow.find(id, $0) }
    }

    /// Newest first. A filter by client or state looks at no more than ``scanLimit`` rows for one page, so a page may
    /// be short, or empty, and still have a next one.
    package func sessions(_ filter: SessionFilter, page: PageRequest) async throws -> Page<SessionRecord> {
        let before = try PageCursor.bytes(page, length: 16) ?? [UInt8](repeating: 0xFF, count: 17)
        let now = clock.now()
        return try await readers.read { database in
            let condition = filter.user == nil ? "" : "AND s.user_id = ?"
            var arguments: [any Bindable] = [before]
            if let user = filter.user { arguments += [user.bytes] }
            var items: [SessionRecord] = []
            var seen = 0
            var last: SessionID?
            var next: String?
            try database.walk("\(SessionRow.select) WHERE s.id < ? \(condition) ORDER BY s.id DESC", arguments) { row in
                if items.count == page.limit || seen == Self.scanLimit {
                    next = last.map { PageCursor.encode($0.bytes) }
                    return .stop
                }
                seen += 1
                let record = try SessionRow.decode(row, database.clientSettings)
                last = record.session.id
                if let since = filter.since, record.session.createdAt < since {
                    return record.session.createdAt < since - Self.disorder ? .stop : .on
                }
                if let client = filter.client, record.client.id != client { return .on }
                if let state = filter.state {
                    let active = SessionValidity.judge(record, idleLifetime: nil, now: now) == .valid
                    guard active == (state == .active) else { return .on }
                }
                items.append(record)
                return .on
            }
            return Page(items: items, nextCursor: next)
        }
    }

    /// Rows looked at for one page of a filtered list: some tens of milliseconds.
    static let scanLimit = 5_000

    package func issueForClient(_ client: ClientID) async throws -> Issuance<Client> {
        try await writer.perform { transaction in
            guard let client = try ClientRow.find(client, transaction.database)?.client, !client.disabled else {
                throw Refusal(.invalidClient, "The client is unknown, disabled or gave wrong credentials.")
            }
            return try transaction.issue(transaction.gate(client.issuedBefore)) { _ in client }
        }
    }

    package func issueForUser(_ user: UserID, client: ClientID) async throws -> Issuance<Client> {
        try await writer.perform { transaction in
            guard let user = try UserRow.find(user, transaction.database), !user.disabled,
                let client = try ClientRow.find(client, transaction.database)?.client, !client.disabled
            else { throw Refusal(.notFound, "The user or the client does not exist or is disabled.") }
            return try transaction.issue(transaction.gate(user.issuedBefore, client.issuedBefore)) { _ in client }
        }
    }
}

/// Reads and writes rows of `sessions`, always together with user and client: without them a session is absent.
enum SessionRow {
    private static let columns = """
        s.id, s.transport, s.scope, s.nonce, s.created_at, s.expires_at, s.authentication_methods, s.device_name,
        s.network, s.current_generation, s.held_generation, s.rotated_at, s.rotated_from, s.recoveries,
        s.recovery_window_start, s.ended_at, s.end_reason, s.server_session
        """
    private static let columnCount = 18

    /// Everything that ``decode(_:_:)`` reads. The last column is everybody's watermark.
    static let select = """
        SELECT \(columns), \(UserRow.columns), state.sessions_ended_at, \(ClientRow.columns)
        FROM sessions s
        JOIN users u ON u.id = s.user_id
        JOIN clients c ON c.number = s.client_number
        JOIN revocation_state state ON state.id = 1
        """

    /// Built once: every refresh looks its statement up by this text.
    private static let selectByID = "\(select) WHERE s.id = ?"

    static func find(_ id: SessionID, _ database: Database) throws -> SessionRecord? {
        try database.first(selectByID, [id.bytes]) { try decode($0, database.clientSettings) }
    }

    static func decode(_ row: Row, _ settings: DecodedClientSettings) throws -> SessionRecord {
        let user = try UserRow.decode(row, from: columnCount)
        let client = try ClientRow.decode(row, from: columnCount + UserRow.columnCount + 1, settings).client
        guard let id = SessionID(bytes: row.bytes(0)) else { throw StoreFault.unreadable(SessionID.self) }
        guard let scope = Scope(row[2] as String) else { throw StoreFault.unreadable(Scope.self) }
        let network: String = row[8]
        let session = Session(
            id: id, user: user.id, client: client.id, transport: transport(row[1], serverSession: row[17]),
            scope: scope, nonce: row.bytes(3), createdAt: row.timestamp(4), expiresAt: row.timestamp(5),
            authenticationMethods: (row[6] as String).split(separator: " ").map(String.init), deviceName: row[7],
            network: network,
            lineage: Session.Lineage(
                current: row[9], held: row[10], rotatedAt: row.timestamp(11), rotatedFrom: row[12] ?? network,
                recoveries: row[13], recoveryWindowStart: row.timestamp(14)),
            endedAt: row.optionalTimestamp(15),
            endReason: (row[16] as String?).map { RevocationReason(rawValue: $0) ?? .admin })
        return SessionRecord(
            session: session, user: user, client: client,
            allEndedAt: row.optionalTimestamp(columnCount + UserRow.columnCount))
    }

    /// Two columns, since the first one's CHECK knows two transports (migration 8).
    private static func transport(_ transport: Int, serverSession: Bool) -> Session.Transport {
        serverSession ? .session : transport == 1 ? .cookie : .body
    }

    static func insert(_ session: Session, clientNumber: Int64, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO sessions (id, user_id, client_number, transport, scope, nonce, created_at, expires_at,
                authentication_methods, device_name, network, current_generation, held_generation, rotated_at,
                recoveries, recovery_window_start, server_session)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                session.id.bytes, session.user.bytes, clientNumber, session.transport == .body ? 0 : 1,
                session.scope.description, session.nonce, session.createdAt.milliseconds,
                session.expiresAt.milliseconds, session.authenticationMethods.joined(separator: " "),
                session.deviceName, session.network, Int64(session.lineage.current), Int64(session.lineage.held),
                session.lineage.rotatedAt.milliseconds, session.lineage.recoveries,
                session.lineage.recoveryWindowStart.milliseconds, session.transport == .session,
            ])
        try database.run("UPDATE session_count SET sessions = sessions + 1")
    }

    /// The last write of a rotation or of a noted use, mostly the only one: no index covers any of these columns.
    static func update(_ lineage: Session.Lineage, of session: Session, _ database: Database) throws {
        try database.runLast(
            """
            UPDATE sessions SET current_generation = ?, held_generation = ?, rotated_at = ?, rotated_from = ?,
                recoveries = ?, recovery_window_start = ?
            WHERE id = ?
            """,
            [
                Int64(lineage.current), Int64(lineage.held), lineage.rotatedAt.milliseconds,
                lineage.rotatedFrom == session.network ? String?.none : lineage.rotatedFrom, lineage.recoveries,
                lineage.recoveryWindowStart.milliseconds, session.id.bytes,
            ])
    }

    static func end(
        _ id: SessionID, at instant: Timestamp, reason: RevocationReason, _ database: Database
    ) throws {
        try database.run(
            "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL",
            [instant.milliseconds, reason.rawValue, id.bytes])
    }
}
