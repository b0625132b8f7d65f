package import LatchkeyCore
package import LatchkeyTokens

/// Rows of `sessions`, always together with user and client: without them a session is absent.
package struct Sessions: SessionTable {
    private let connection: any SQLConnection
    private let dialect: any SQLDialect

    init(_ connection: any SQLConnection, _ dialect: any SQLDialect) {
        self.connection = connection
        self.dialect = dialect
    }

    private static let columns = """
        s.id, s.transport, s.scope, s.nonce, s.created_at, s.expires_at, s.authentication_methods, s.device_name,
        s.network, s.current_generation, s.held_generation, s.rotated_at, s.rotated_from, s.recoveries,
        s.recovery_window_start, s.ended_at, s.end_reason, s.server_session, s.parent, s.auth_time, s.proofs,
        s.resources, s.begun_by
        """
    private static let columnCount = 23

    /// Everything that ``decode(_:_:)`` reads. The column before the client's is the watermark for all tokens.
    package static let selection = "\(columns), \(Users.columns), state.sessions_ended_at, \(Clients.columns)"
    package static let selectionCount = columnCount + Users.columnCount + 1 + Clients.columnCount
    /// Where it is read from.
    package static let source = """
        sessions s
        JOIN users u ON u.id = s.user_id
        JOIN clients c ON c.number = s.client_number
        JOIN revocation_state state ON state.id = 1
        """

    private static let select = "SELECT \(selection) FROM \(source)"

    /// Built once, because every refresh looks its statement up by this text.
    private static let selectByID = "\(select) WHERE s.id = ?"

    private func decode(_ row: Row) throws -> SessionRecord { try Self.decode(row, connection.clientSettings) }

    package static func decode(_ row: Row, _ settings: DecodedClientSettings) throws -> SessionRecord {
        let user = try Users.decode(row, from: columnCount)
        let client = try Clients.decode(row, from: columnCount + Users.columnCount + 1, settings).client
        let network: String = row[8]
        let session = Session(
            id: try row.sessionID(0), user: user.id, client: client.id,
            transport: transport(row[1], serverSession: row[17]), scope: try row.scope(2), nonce: row.bytes(3),
            createdAt: row.timestamp(4), expiresAt: row.timestamp(5),
            authenticationMethods: words(row[6]), authenticatedAt: row.optionalTimestamp(19),
            proofs: try row.proofs(20), parent: row.isNull(18) ? nil : try row.sessionID(18),
            beginning: try row.beginning(22), resources: row.isNull(21) ? [] : TextList.decode(row[21]),
            deviceName: row[7], network: network,
            lineage: Session.Lineage(
                current: row[9], held: row[10], rotatedAt: row.timestamp(11), rotatedFrom: row[12] ?? network,
                recoveries: row[13], recoveryWindowStart: row.timestamp(14)),
            endedAt: row.optionalTimestamp(15),
            endReason: (row[16] as String?).map { RevocationReason(rawValue: $0) ?? .admin })
        return SessionRecord(
            session: session, user: user, client: client,
            allEndedAt: row.optionalTimestamp(columnCount + Users.columnCount))
    }

    private static func words(_ text: String) -> [String] {
        text.utf8.split(separator: UInt8(ascii: " ")).compactMap { String($0) }
    }

    /// Two columns, because the first one's CHECK knows two transports (migration 8).
    private static func transport(_ transport: Int, serverSession: Bool) -> Session.Transport {
        switch (transport, serverSession) {
        case (1, true): .session
        case (_, true): .browser
        case (1, false): .cookie
        case (_, false): .body
        }
    }

    /// ``transport(_:serverSession:)`` backwards.
    private static func columns(of transport: Session.Transport) -> (transport: Int, serverSession: Bool) {
        switch transport {
        case .body: (0, false)
        case .cookie: (1, false)
        case .session: (1, true)
        case .browser: (0, true)
        }
    }

    // MARK: Looks

    package func find(_ id: SessionID) throws -> SessionRecord? {
        try connection.first(Self.selectByID, [id.bytes], decode)
    }

    package func walk(
        of user: UserID?, before: SessionID?, limit: Int, _ body: (SessionRecord) throws -> Walk
    ) throws {
        var conditions: [String] = []
        var arguments: [any Bindable] = []
        if let before {
            conditions.append("s.id < ?")
            arguments.append(before.bytes)
        }
        if let user {
            conditions.append("s.user_id = ?")
            arguments.append(user.bytes)
        }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        try connection.walk("\(Self.select) \(condition) ORDER BY s.id DESC LIMIT ?", arguments + [limit]) { row in
            try body(try decode(row))
        }
    }

    package func unended(of user: UserID, except kept: SessionID) throws -> [SessionRecord] {
        try connection.all(
            "\(Self.select) WHERE s.user_id = ? AND s.id <> ? AND s.ended_at IS NULL", [user.bytes, kept.bytes],
            decode)
    }

    package func unended(of user: UserID, beyond count: Int, limit: Int) throws -> [SessionID] {
        try connection.all(
            """
            SELECT id FROM sessions
            WHERE user_id = ? AND ended_at IS NULL AND (transport = 1 OR server_session = 0)
            ORDER BY id DESC LIMIT ? OFFSET ?
            """, [user.bytes, limit, count]
        ) { try $0.sessionID(0) }
    }

    package func unendedBrowsers(of user: UserID, beyond count: Int, limit: Int) throws -> [SessionID] {
        try connection.all(
            """
            SELECT id FROM sessions
            WHERE user_id = ? AND transport = 0 AND server_session = 1 AND ended_at IS NULL
            ORDER BY id DESC LIMIT ? OFFSET ?
            """, [user.bytes, limit, count]
        ) { try $0.sessionID(0) }
    }

    package func unendedChildren(of parent: SessionID) throws -> [SessionRecord] {
        try connection.all(
            "\(Self.select) WHERE s.parent = ? AND s.ended_at IS NULL ORDER BY s.id", [parent.bytes], decode)
    }

    // MARK: Writes

    package func insert(_ session: Session) throws {
        let columns = Self.columns(of: session.transport)
        try connection.write(
            """
            INSERT INTO sessions (id, user_id, client_number, transport, scope, nonce, created_at, expires_at,
                authentication_methods, device_name, network, current_generation, held_generation, rotated_at,
                rotated_from, recoveries, recovery_window_start, server_session, parent, auth_time, proofs, resources,
                begun_by)
            VALUES (?, ?, (SELECT number FROM clients WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?)
            """,
            [
                session.id.bytes, session.user.bytes, session.client.description,
                columns.transport, session.scope.description, session.nonce,
                session.createdAt.milliseconds, session.expiresAt.milliseconds,
                session.authenticationMethods.joined(separator: " "), session.deviceName, session.network,
                Int64(session.lineage.current), Int64(session.lineage.held), session.lineage.rotatedAt.milliseconds,
                Self.stored(session.lineage.rotatedFrom, session), session.lineage.recoveries,
                session.lineage.recoveryWindowStart.milliseconds,
                columns.serverSession, session.parent?.bytes, session.authenticatedAt.milliseconds,
                session.proofs.isEmpty ? nil : session.proofs.text,
                session.resources.isEmpty ? nil : try TextList.encode(session.resources),
                session.beginning.rawValue,
            ])
        try dialect.countSessions(1, connection)
    }

    /// Usually the only write of its rule: no index covers any of these columns.
    package func advance(_ session: Session, to lineage: Session.Lineage) throws {
        try connection.writeLast(
            """
            UPDATE sessions SET current_generation = ?, held_generation = ?, rotated_at = ?, rotated_from = ?,
                recoveries = ?, recovery_window_start = ?
            WHERE id = ?
            """,
            [
                Int64(lineage.current), Int64(lineage.held), lineage.rotatedAt.milliseconds,
                Self.stored(lineage.rotatedFrom, session), lineage.recoveries,
                lineage.recoveryWindowStart.milliseconds, session.id.bytes,
            ])
    }

    /// The network of the last rotation as stored: nothing while it is that of the sign-in.
    package static func stored(_ rotatedFrom: String, _ session: Session) -> String? {
        rotatedFrom == session.network ? nil : rotatedFrom
    }

    @discardableResult
    package func end(_ id: SessionID, at instant: Timestamp, reason: RevocationReason) throws -> Bool {
        try connection.run(
            "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL",
            [instant.milliseconds, reason.rawValue, id.bytes]) == 1
    }

    /// The same value again: on PostgreSQL that takes the row's lock.
    package func hold(_ id: SessionID) throws -> Bool {
        try connection.run("UPDATE sessions SET ended_at = NULL WHERE id = ? AND ended_at IS NULL", [id.bytes]) == 1
    }

    package func renew(_ session: Session) throws {
        try connection.write(
            """
            UPDATE sessions SET expires_at = ?, authentication_methods = ?, auth_time = ?, proofs = ?, network = ?,
                current_generation = ?, held_generation = ?, rotated_at = ?, rotated_from = ?
            WHERE id = ?
            """,
            [
                session.expiresAt.milliseconds, session.authenticationMethods.joined(separator: " "),
                session.authenticatedAt.milliseconds, session.proofs.text, session.network,
                Int64(session.lineage.current), Int64(session.lineage.held), session.lineage.rotatedAt.milliseconds,
                Self.stored(session.lineage.rotatedFrom, session), session.id.bytes,
            ])
    }

    package func rename(_ id: SessionID, to deviceName: String?) throws {
        try connection.write("UPDATE sessions SET device_name = ? WHERE id = ?", [deviceName, id.bytes])
    }
}
