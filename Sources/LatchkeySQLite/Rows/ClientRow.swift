import GRDB
import LatchkeyCore
import LatchkeyTokens

/// A row of `clients`: the client and its number, which sessions and secrets refer to.
struct ClientRow {
    let number: Int64
    let client: Client

    /// The columns in the order in which ``decode(_:from:)`` reads them; the table's alias is `c`.
    static let columns = """
        c.number, c.id, c.kind, c.first_party, c.disabled, c.origins, c.redirect_uris, c.audiences, c.scope, c.grants,
        c.algorithm, c.access_lifetime, c.idle_lifetime, c.absolute_lifetime, c.created_at, c.issued_before,
        c.sessions_ended_at
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

    /// What an administrator may set, in the order of the columns from `kind` to `absolute_lifetime` without `disabled`.
    static func arguments(_ client: Client) throws -> StatementArguments {
        [
            client.kind.rawValue, client.firstParty, try TextList.encode(client.origins),
            try TextList.encode(client.redirectURIs), try TextList.encode(client.audiences),
            client.scope?.description, try TextList.encode(client.grants.map(\.rawValue)), client.algorithm?.rawValue,
            client.accessLifetime?.wholeMilliseconds, client.idleLifetime?.wholeMilliseconds,
            client.absoluteLifetime?.wholeMilliseconds,
        ]
    }
}
