import LatchkeyCore
import LatchkeyTokens

/// Rows of `clients` and `client_secrets`. Other tables refer to a client by its number, which is never used twice.
struct Clients: ClientTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    /// The columns in the order in which ``decode(_:from:)`` reads them; the table's alias is `c`.
    static let columns = """
        c.number, c.id, c.kind, c.first_party, c.disabled, c.origins, c.redirect_uris, c.audiences, c.scope, c.grants,
        c.algorithm, c.access_lifetime, c.idle_lifetime, c.absolute_lifetime, c.created_at, c.issued_before,
        c.sessions_ended_at, c.login_uri
        """

    static func decode(_ row: Row, from start: Int = 0) throws -> (number: Int64, client: Client) {
        let client = Client(
            id: try row.clientID(start + 1), kind: try row.value(start + 2), firstParty: row[start + 3],
            disabled: row[start + 4], origins: TextList.decode(row[start + 5]),
            redirectURIs: TextList.decode(row[start + 6]), loginURI: row[start + 17],
            audiences: TextList.decode(row[start + 7]),
            scope: row.isNull(start + 8) ? nil : try row.scope(start + 8),
            // A grant that this version does not know is one that it does not allow.
            grants: TextList.decode(row[start + 9]).compactMap(Client.Grant.init(rawValue:)),
            algorithm: row.isNull(start + 10) ? nil : try row.value(start + 10),
            accessLifetime: row.optionalDuration(start + 11), idleLifetime: row.optionalDuration(start + 12),
            absoluteLifetime: row.optionalDuration(start + 13), createdAt: row.timestamp(start + 14),
            issuedBefore: row[start + 15], sessionsEndedAt: row.optionalTimestamp(start + 16))
        return (row[start], client)
    }

    /// What an administrator may set.
    private static func settings(_ client: Client) throws -> [any Bindable] {
        [
            client.kind.rawValue, client.firstParty, try TextList.encode(client.origins),
            try TextList.encode(client.redirectURIs), try TextList.encode(client.audiences),
            client.scope?.description, try TextList.encode(client.grants.map(\.rawValue)), client.algorithm?.rawValue,
            client.accessLifetime?.wholeMilliseconds, client.idleLifetime?.wholeMilliseconds,
            client.absoluteLifetime?.wholeMilliseconds, client.loginURI,
        ]
    }

    // MARK: Looks

    func find(_ id: ClientID) throws -> Client? {
        try connection.first("SELECT \(Self.columns) FROM clients c WHERE c.id = ?", [id.description]) { row in
            try Self.decode(row).client
        }
    }

    func page(before number: Int64, limit: Int) throws -> [(number: Int64, client: Client)] {
        try connection.all(
            "SELECT \(Self.columns) FROM clients c WHERE c.number < ? ORDER BY c.number DESC LIMIT ?",
            [number, limit]
        ) { try Self.decode($0) }
    }

    func secrets(at instant: Timestamp?) throws -> [SealedClientSecret] {
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

    func version() throws -> Int64 { try connection.integer("SELECT version FROM client_state") }

    // MARK: Writes

    func insert(_ client: Client) throws -> Bool {
        try connection.run(
            """
            INSERT INTO clients (kind, first_party, origins, redirect_uris, audiences, scope, grants, algorithm,
                access_lifetime, idle_lifetime, absolute_lifetime, login_uri, id, disabled, created_at,
                issued_before)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
            """,
            try Self.settings(client) + [
                client.id.description, client.disabled, client.createdAt.milliseconds, client.issuedBefore,
            ]) == 1
    }

    func update(_ client: Client) throws {
        try connection.run(
            """
            UPDATE clients SET kind = ?, first_party = ?, origins = ?, redirect_uris = ?, audiences = ?, scope = ?,
                grants = ?, algorithm = ?, access_lifetime = ?, idle_lifetime = ?, absolute_lifetime = ?,
                login_uri = ?
            WHERE id = ?
            """, try Self.settings(client) + [client.id.description])
    }

    func setDisabled(_ id: ClientID, _ disabled: Bool) throws {
        try connection.run("UPDATE clients SET disabled = ? WHERE id = ?", [disabled, id.description])
    }

    func setWatermark(_ id: ClientID, at instant: Timestamp) throws {
        try connection.run(
            "UPDATE clients SET issued_before = ?, sessions_ended_at = ? WHERE id = ?",
            [instant.seconds, instant.milliseconds, id.description])
    }

    func delete(_ id: ClientID) throws {
        try connection.run("DELETE FROM clients WHERE id = ?", [id.description])
    }

    func insert(_ secret: SealedClientSecret) throws -> Bool {
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

    func expireSecrets(of id: ClientID, at instant: Timestamp) throws {
        try connection.run(
            """
            UPDATE client_secrets SET expires_at = ?1
            WHERE client_number = (SELECT number FROM clients WHERE id = ?2)
                AND (expires_at IS NULL OR expires_at > ?1)
            """, [instant.milliseconds, id.description])
    }

    func reseal(_ secret: SealedClientSecret) throws {
        try connection.run(
            """
            UPDATE client_secrets SET sealed = ? WHERE created_at = ?
                AND client_number = (SELECT number FROM clients WHERE id = ?)
            """, [secret.sealed, secret.createdAt.milliseconds, secret.client.description])
    }

    func raiseVersion() throws { try connection.run("UPDATE client_state SET version = version + 1") }
}
