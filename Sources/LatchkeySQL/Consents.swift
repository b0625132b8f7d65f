import LatchkeyCore
import LatchkeyTokens

/// Rows of `consents`, each with its client: without it a row is absent.
struct Consents: ConsentTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static let select = """
        SELECT k.user_id, c.id, k.scope, k.granted_at FROM consents k JOIN clients c ON c.number = k.client_number
        """

    private static func decode(_ row: Row) throws -> Consent {
        Consent(
            user: try row.userID(0), client: try row.clientID(1), scope: try row.scope(2), grantedAt: row.timestamp(3))
    }

    func find(_ user: UserID, _ client: ClientID) throws -> Consent? {
        try connection.first(
            "\(Self.select) WHERE k.user_id = ? AND c.id = ?", [user.bytes, client.description], Self.decode)
    }

    func all(of user: UserID) throws -> [Consent] {
        try connection.all(
            "\(Self.select) WHERE k.user_id = ? ORDER BY k.granted_at DESC, c.id", [user.bytes], Self.decode)
    }

    func put(_ consent: Consent) throws {
        try connection.write(
            """
            INSERT INTO consents (user_id, client_number, scope, granted_at)
            VALUES (?1, (SELECT number FROM clients WHERE id = ?2), ?3, ?4)
            ON CONFLICT (user_id, client_number) DO UPDATE SET scope = ?3, granted_at = ?4
            """,
            [
                consent.user.bytes, consent.client.description, consent.scope.description,
                consent.grantedAt.milliseconds,
            ])
    }

    func remove(_ user: UserID, _ client: ClientID) throws -> Bool {
        try connection.run(
            "DELETE FROM consents WHERE user_id = ? AND client_number = (SELECT number FROM clients WHERE id = ?)",
            [user.bytes, client.description]) == 1
    }
}
