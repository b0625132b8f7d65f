package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func createClient(_ client: Client, secret: SealedClientSecret?, event: AuditEvent) async throws {
        try await writer.perform { transaction in
            try transaction.insert(client)
            if let secret { try transaction.insert(secret) }
            try AuditRow.append(event, transaction.database)
        }
    }

    package func updateClient(_ client: Client, event: AuditEvent) async throws {
        try await writer.perform { transaction in
            let row = try transaction.existing(client.id)
            // State (disabled, watermarks) has its own transactions: a stale copy must not undo it.
            try transaction.database.run(
                "UPDATE clients SET settings = ? WHERE number = ?",
                [try ClientRow.text(client.settings, over: row.number, transaction.database), row.number])
            try transaction.clientsChanged()
            try AuditRow.append(event, transaction.database)
        }
    }

    package func setClientDisabled(_ id: ClientID, _ disabled: Bool, actor: Actor) async throws -> Client {
        try await writer.perform { transaction in
            let row = try transaction.existing(id)
            guard row.client.disabled != disabled else { return row.client }
            try transaction.database.run("UPDATE clients SET disabled = ? WHERE number = ?", [disabled, row.number])
            if disabled {
                _ = try transaction.revoke(RevocationOrder(.client(id), reason: .clientDisabled, actor: actor))
            }
            try transaction.clientsChanged()
            try transaction.note(disabled ? .clientDisabled : .clientEnabled, id, actor)
            return try transaction.existing(id).client
        }
    }

    package func deleteClient(_ id: ClientID, actor: Actor) async throws {
        try await writer.perform { transaction in
            let row = try transaction.existing(id)
            _ = try transaction.revoke(RevocationOrder(.client(id), reason: .clientDeleted, actor: actor))
            try transaction.database.run("DELETE FROM clients WHERE number = ?", [row.number])
            try transaction.clientsChanged()
            try transaction.note(.clientDeleted, id, actor)
        }
    }

    package func rotateClientSecret(
        _ secret: SealedClientSecret, previousExpiresAt: Timestamp, event: AuditEvent
    ) async throws {
        try await writer.perform { transaction in
            let row = try transaction.existing(secret.client)
            try transaction.database.run(
                "UPDATE client_secrets SET expires_at = min(coalesce(expires_at, ?1), ?1) WHERE client_number = ?2",
                [previousExpiresAt.milliseconds, row.number])
            try transaction.insert(secret)
            try transaction.clientsChanged()
            try AuditRow.append(event, transaction.database)
        }
    }

    package func client(_ id: ClientID) async throws -> Client? {
        try await readers.read { try ClientRow.find(id, $0)?.client }
    }

    package func clientSecrets() async throws -> [ClientID: [SealedClientSecret]] {
        let now = clock.now()
        let secrets = try await readers.read { database in
            try database.all(
                """
                SELECT c.id, k.sealed, k.created_at, k.expires_at
                FROM client_secrets k JOIN clients c ON c.number = k.client_number
                WHERE k.expires_at IS NULL OR k.expires_at > ?
                ORDER BY k.client_number, k.created_at DESC
                """, [now.milliseconds], SealedClientSecret.init(row:))
        }
        return Dictionary(grouping: secrets, by: \.client)
    }

    package func clients(page: PageRequest) async throws -> Page<Client> {
        let before = try PageCursor.number(page)
        let rows = try await readers.read { database in
            try database.all(
                "SELECT \(ClientRow.columns) FROM clients c WHERE c.number < ? ORDER BY c.number DESC LIMIT ?",
                [before, page.limit + 1]
            ) { try ClientRow.decode($0, database.clientSettings) }
        }
        let page = Page(rows, limit: page.limit) { PageCursor.encode($0.number) }
        return Page(items: page.items.map(\.client), nextCursor: page.nextCursor)
    }

    package func clientsVersion() async throws -> Int64 {
        try await readers.read { try $0.integer("SELECT version FROM client_state") }
    }
}

extension SealedClientSecret {
    /// From the columns client id, sealed, created at, expires at.
    init(row: Row) throws {
        guard let id = ClientID(row[0] as String) else { throw StoreFault.unreadable(ClientID.self) }
        self.init(
            client: id, sealed: row.bytes(1), createdAt: row.timestamp(2), expiresAt: row.optionalTimestamp(3))
    }
}

extension Transaction {
    /// - Throws: `Refusal(.notFound)`.
    fileprivate func existing(_ id: ClientID) throws -> ClientRow {
        guard let row = try ClientRow.find(id, database) else {
            throw Refusal(.notFound, "There is no such client.")
        }
        return row
    }

    fileprivate func clientsChanged() throws {
        try database.run("UPDATE client_state SET version = version + 1")
    }

    fileprivate func note(_ kind: AuditEvent.Kind, _ client: ClientID, _ actor: Actor) throws {
        try AuditRow.append(AuditEvent(kind, at: instant, actor: actor, client: client), database)
    }

    fileprivate func insert(_ client: Client) throws {
        // A client of this id may have existed: its entries in the log still match, so the new one starts behind them.
        let issuedBefore = try database.first(
            "SELECT max(issued_before) FROM revocations WHERE kind = 'client' AND subject = ?",
            [client.id.description]
        ) { row -> Int64? in row[0] }
        let inserted = try database.run(
            """
            INSERT INTO clients (id, kind, settings, disabled, created_at, issued_before)
            VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            [
                client.id.description, client.kind.rawValue, ClientRow.text(try client.settings.stored()),
                client.disabled, client.createdAt.milliseconds, issuedBefore ?? nil,
            ])
        guard inserted == 1 else {
            throw Refusal(.conflict, "A client with this id exists already; choose another id.")
        }
        try clientsChanged()
    }

    fileprivate func insert(_ secret: SealedClientSecret) throws {
        let inserted = try database.run(
            """
            INSERT INTO client_secrets (client_number, created_at, sealed, expires_at)
            SELECT number, ?, ?, ? FROM clients WHERE id = ?
            ON CONFLICT (client_number, created_at) DO NOTHING
            """,
            [
                secret.createdAt.milliseconds, secret.sealed, secret.expiresAt?.milliseconds,
                secret.client.description,
            ])
        guard inserted == 1 else {
            throw Refusal(.conflict, "The secret was rotated at this very moment; try again.")
        }
    }
}

/// A row of `clients`: the client and its number, which sessions and secrets refer to.
struct ClientRow {
    let number: Int64
    let client: Client

    /// The columns in the order in which ``decode(_:from:_:)`` reads them; the table's alias is `c`.
    static let columns = """
        c.number, c.id, c.kind, c.disabled, c.settings, c.created_at, c.issued_before, c.sessions_ended_at
        """

    static func decode(_ row: Row, from start: Int = 0, _ settings: DecodedClientSettings) throws -> ClientRow {
        guard let id = ClientID(row[start + 1] as String) else { throw StoreFault.unreadable(ClientID.self) }
        let number: Int64 = row[start]
        let client = Client(
            id: id, kind: try row.value(start + 2), shared: try settings.of(number, row, column: start + 4),
            disabled: row[start + 3], createdAt: row.timestamp(start + 5), issuedBefore: row[start + 6],
            sessionsEndedAt: row.optionalTimestamp(start + 7))
        return ClientRow(number: number, client: client)
    }

    static func find(_ id: ClientID, _ database: Database) throws -> ClientRow? {
        try database.first("SELECT \(columns) FROM clients c WHERE c.id = ?", [id.description]) {
            try decode($0, database.clientSettings)
        }
    }

    /// What to store for a client that has settings already: see ``ClientSettings/stored(over:)``.
    fileprivate static func text(
        _ settings: ClientSettings, over number: Int64, _ database: Database
    ) throws -> String {
        let old = try database.first("SELECT settings FROM clients WHERE number = ?", [number]) { $0.bytes(0) }
        return text(try settings.stored(over: old ?? []))
    }

    fileprivate static func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }
}

/// What a check of the database looks for.
extension ClientRow {
    /// Clients whose settings this program cannot read, one sentence each: they are refused everything.
    static func unreadable(in database: Database) throws -> [String] {
        try database.all("SELECT id, settings FROM clients ORDER BY number") { row -> String? in
            do {
                _ = try ClientSettings(stored: row.bytes(1))
                return nil
            } catch {
                return "the settings of the client \(row[0] as String) cannot be read: \(error)"
            }
        }.compactMap(\.self)
    }

    /// Clients with ids that are the server's own; of every schema.
    static func reserved(in database: Database) throws -> [ClientID] {
        guard try database.tableExists("clients") else { return [] }
        return try database.all("SELECT id FROM clients ORDER BY id") { row in ClientID(row[0] as String) }
            .compactMap(\.self).filter(\.isReserved)
    }
}
