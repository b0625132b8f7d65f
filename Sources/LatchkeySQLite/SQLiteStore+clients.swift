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
                """
                UPDATE clients SET kind = ?, first_party = ?, origins = ?, redirect_uris = ?, audiences = ?, scope = ?,
                    grants = ?, algorithm = ?, access_lifetime = ?, idle_lifetime = ?, absolute_lifetime = ?,
                    login_uri = ?
                WHERE number = ?
                """, try ClientRow.arguments(client) + [row.number])
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
            ) { try ClientRow.decode($0) }
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
            INSERT INTO clients (kind, first_party, origins, redirect_uris, audiences, scope, grants, algorithm,
                access_lifetime, idle_lifetime, absolute_lifetime, login_uri, id, disabled, created_at,
                issued_before)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            try ClientRow.arguments(client) + [
                client.id.description, client.disabled, client.createdAt.milliseconds, issuedBefore ?? nil,
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

    /// The columns in the order in which ``decode(_:from:)`` reads them; the table's alias is `c`.
    static let columns = """
        c.number, c.id, c.kind, c.first_party, c.disabled, c.origins, c.redirect_uris, c.audiences, c.scope, c.grants,
        c.algorithm, c.access_lifetime, c.idle_lifetime, c.absolute_lifetime, c.created_at, c.issued_before,
        c.sessions_ended_at, c.login_uri
        """

    static func decode(_ row: Row, from start: Int = 0) throws -> ClientRow {
        guard let id = ClientID(row[start + 1] as String) else { throw StoreFault.unreadable(ClientID.self) }
        let scope = try (row[start + 8] as String?).map { text in
            guard let scope = Scope(text) else { throw StoreFault.unreadable(Scope.self) }
            return scope
        }
        let algorithm = try (row[start + 10] as String?).map { text in
            guard let algorithm = JWSAlgorithm(rawValue: text) else { throw StoreFault.unreadable(JWSAlgorithm.self) }
            return algorithm
        }
        let client = Client(
            id: id, kind: try row.value(start + 2), firstParty: row[start + 3], disabled: row[start + 4],
            origins: TextList.decode(row[start + 5]), redirectURIs: TextList.decode(row[start + 6]),
            loginURI: row[start + 17],
            audiences: TextList.decode(row[start + 7]), scope: scope,
            // A grant that this version does not know is one that it does not allow.
            grants: TextList.decode(row[start + 9]).compactMap(Client.Grant.init(rawValue:)), algorithm: algorithm,
            accessLifetime: row.optionalDuration(start + 11), idleLifetime: row.optionalDuration(start + 12),
            absoluteLifetime: row.optionalDuration(start + 13), createdAt: row.timestamp(start + 14),
            issuedBefore: row[start + 15], sessionsEndedAt: row.optionalTimestamp(start + 16))
        return ClientRow(number: row[start], client: client)
    }

    static func find(_ id: ClientID, _ database: Database) throws -> ClientRow? {
        try database.first("SELECT \(columns) FROM clients c WHERE c.id = ?", [id.description]) { try decode($0) }
    }

    /// What an administrator may set, in the order of the columns from `kind` to `absolute_lifetime` without `disabled`, then
    /// `login_uri`.
    static func arguments(_ client: Client) throws -> [any Bindable] {
        [
            client.kind.rawValue, client.firstParty, try TextList.encode(client.origins),
            try TextList.encode(client.redirectURIs), try TextList.encode(client.audiences),
            client.scope?.description, try TextList.encode(client.grants.map(\.rawValue)), client.algorithm?.rawValue,
            client.accessLifetime?.wholeMilliseconds, client.idleLifetime?.wholeMilliseconds,
            client.absoluteLifetime?.wholeMilliseconds, client.loginURI,
        ]
    }
}
