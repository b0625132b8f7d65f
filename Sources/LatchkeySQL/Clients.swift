package import LatchkeyCore
package import LatchkeyTokens

/// Rows of `clients` and `client_secrets`. Other tables refer to a client by its number, which is never used twice.
package struct Clients: ClientTable {
    private let connection: any SQLConnection
    /// Of the rule that writes.
    private let ledger: SQLLedger?

    init(_ connection: any SQLConnection, _ ledger: SQLLedger? = nil) {
        self.connection = connection
        self.ledger = ledger
    }

    /// The columns in the order in which ``decode(_:from:_:)`` reads them; the table's alias is `c`.
    package static let columns = """
        c.number, c.id, c.kind, c.disabled, c.settings, c.created_at, c.issued_before, c.sessions_ended_at
        """
    package static let columnCount = 8

    package static func decode(
        _ row: Row, from start: Int = 0, _ settings: DecodedClientSettings
    ) throws -> (number: Int64, client: Client) {
        let number: Int64 = row[start]
        let client = Client(
            id: try row.clientID(start + 1), kind: try row.value(start + 2),
            shared: settings.of(number, row, column: start + 4), disabled: row[start + 3],
            createdAt: row.timestamp(start + 5), issuedBefore: row[start + 6],
            sessionsEndedAt: row.optionalTimestamp(start + 7))
        return (number, client)
    }

    private func decode(_ row: Row) throws -> (number: Int64, client: Client) {
        try Self.decode(row, connection.clientSettings)
    }

    // MARK: Looks

    package func find(_ id: ClientID) throws -> Client? {
        try connection.first("SELECT \(Self.columns) FROM clients c WHERE c.id = ?", [id.description]) { row in
            try decode(row).client
        }
    }

    package func isBuiltIn(_ id: ClientID) throws -> Bool {
        try connection.integer("SELECT count(*) FROM clients WHERE id = ? AND built_in = 1", [id.description]) == 1
    }

    package func page(before number: Int64, limit: Int) throws -> [(number: Int64, client: Client)] {
        try connection.all(
            "SELECT \(Self.columns) FROM clients c WHERE c.number < ? AND c.built_in = 0 ORDER BY c.number DESC LIMIT ?",
            [number, limit], decode)
    }

    package func secrets(at instant: Timestamp?) throws -> [SealedClientSecret] {
        let select = """
            SELECT c.id, k.sealed, k.created_at, k.expires_at
            FROM client_secrets k JOIN clients c ON c.number = k.client_number
            """
        let order = "ORDER BY k.client_number, k.created_at DESC"
        guard let instant else { return try connection.all("\(select) \(order)", [], Self.decodeSecret) }
        return try connection.all(
            "\(select) WHERE k.expires_at IS NULL OR k.expires_at > ? \(order)", [instant.milliseconds],
            Self.decodeSecret)
    }

    private static func decodeSecret(_ row: Row) throws -> SealedClientSecret {
        SealedClientSecret(
            client: try row.clientID(0), sealed: row.bytes(1), createdAt: row.timestamp(2),
            expiresAt: row.optionalTimestamp(3))
    }

    package func version() throws -> Int64 { try connection.integer("SELECT version FROM client_state") }

    // MARK: Writes

    package func insert(_ client: Client) throws -> Bool {
        try connection.run(
            """
            INSERT INTO clients (id, kind, settings, disabled, created_at, issued_before)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            [
                client.id.description, client.kind.rawValue, Self.text(try client.settings.stored()), client.disabled,
                client.createdAt.milliseconds, client.issuedBefore,
            ]) == 1
    }

    package func insertBuiltIn(_ id: ClientID, at instant: Timestamp) throws {
        try connection.run(
            """
            INSERT INTO clients (id, kind, settings, disabled, created_at, built_in) VALUES (?, ?, '{}', 0, ?, 1)
            ON CONFLICT (id) DO NOTHING
            """, [id.description, Client.Kind.public.rawValue, instant.milliseconds])
    }

    /// Old settings that this program does not know stay: see ``ClientSettings/stored(over:)``.
    package func update(_ client: Client) throws {
        let id = client.id.description
        let old = try connection.first("SELECT settings FROM clients WHERE id = ?", [id]) { $0.bytes(0) }
        try connection.run(
            "UPDATE clients SET settings = ? WHERE id = ?",
            [Self.text(try client.settings.stored(over: old ?? [])), id])
    }

    private static func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }

    package func setDisabled(_ id: ClientID, _ disabled: Bool) throws {
        try connection.run("UPDATE clients SET disabled = ? WHERE id = ?", [disabled, id.description])
    }

    package func setWatermark(_ id: ClientID, at instant: Timestamp) throws {
        try connection.run(
            "UPDATE clients SET issued_before = ?, sessions_ended_at = ? WHERE id = ?",
            [instant.seconds, instant.milliseconds, id.description])
    }

    package func delete(_ id: ClientID) throws {
        try connection.run("DELETE FROM clients WHERE id = ?", [id.description])
    }

    package func insert(_ secret: SealedClientSecret) throws -> Bool {
        try connection.run(
            """
            INSERT INTO client_secrets (client_number, created_at, sealed, expires_at)
            VALUES ((SELECT number FROM clients WHERE id = ?), ?, ?, ?)
            ON CONFLICT (client_number, created_at) DO NOTHING
            """,
            [
                secret.client.description, secret.createdAt.milliseconds, secret.sealed,
                secret.expiresAt?.milliseconds,
            ]) == 1
    }

    package func expireSecrets(of id: ClientID, at instant: Timestamp) throws {
        try connection.run(
            """
            UPDATE client_secrets SET expires_at = ?1
            WHERE client_number = (SELECT number FROM clients WHERE id = ?2)
                AND (expires_at IS NULL OR expires_at > ?1)
            """, [instant.milliseconds, id.description])
    }

    package func reseal(_ secret: SealedClientSecret) throws {
        try connection.run(
            """
            UPDATE client_secrets SET sealed = ? WHERE created_at = ?
                AND client_number = (SELECT number FROM clients WHERE id = ?)
            """, [secret.sealed, secret.createdAt.milliseconds, secret.client.description])
    }

    package func raiseVersion() throws {
        try connection.run("UPDATE client_state SET version = version + 1")
        try ledger?.announce()
    }
}

/// Checks of the clients in a database.
package enum ClientCheck {
    /// Clients whose settings this program cannot read, one sentence each: every request of theirs is refused.
    package static func unreadable(_ connection: any SQLConnection) throws -> [String] {
        try connection.all("SELECT id, settings FROM clients ORDER BY number") { row -> String? in
            do {
                _ = try ClientSettings(stored: row.bytes(1))
                return nil
            } catch {
                return "the settings of the client \(row[0] as String) cannot be read: \(error)"
            }
        }.compactMap(\.self)
    }

    /// Clients with ids that are reserved for the server; works with every schema.
    package static func reserved(_ connection: any SQLConnection) throws -> [ClientID] {
        // A server does not start while an application has the id of its own client.
        try connection.all("SELECT id FROM clients ORDER BY id") { row in ClientID(row[0] as String) }
            .compactMap(\.self).filter { $0.isReserved && $0 != .signInPages }
    }
}
