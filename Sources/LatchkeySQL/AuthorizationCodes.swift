import LatchkeyCore
import LatchkeyTokens

/// Rows of `authorization_codes`, each with its client: without it a code is absent.
struct AuthorizationCodes: AuthorizationCodeTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static let select = """
        SELECT a.code_digest, a.user_id, c.id, a.redirect_uri, a.challenge, a.nonce, a.scope, a.resources, a.parent,
            a.proofs, a.password_version, a.sign_in, a.device_name, a.network, a.created_at, a.expires_at, a.session_id
        FROM authorization_codes a JOIN clients c ON c.number = a.client_number
        """

    func find(_ digest: [UInt8]) throws -> AuthorizationCode? {
        try connection.first("\(Self.select) WHERE a.code_digest = ?", [digest], Self.decode)
    }

    func find(signIn id: [UInt8]) throws -> AuthorizationCode? {
        try connection.first("\(Self.select) WHERE a.sign_in = ?", [id], Self.decode)
    }

    private static func decode(_ row: Row) throws -> AuthorizationCode {
        AuthorizationCode(
            digest: row.bytes(0), user: try row.userID(1), client: try row.clientID(2), redirectURI: row[3],
            challenge: row[4], nonce: row[5], scope: try row.scope(6), resources: row.texts(7),
            parent: row.isNull(8) ? nil : try row.sessionID(8), proofs: try row.proofs(9),
            credentialVersion: row[10], signIn: row.optionalBytes(11), deviceName: row[12], network: row[13],
            createdAt: row.timestamp(14), expiresAt: row.timestamp(15),
            session: row.isNull(16) ? nil : try row.sessionID(16))
    }

    func insert(_ code: AuthorizationCode) throws {
        try connection.write(
            """
            INSERT INTO authorization_codes (code_digest, user_id, client_number, redirect_uri, challenge, nonce, scope,
                resources, parent, proofs, password_version, sign_in, device_name, network, created_at, expires_at)
            VALUES (?, ?, (SELECT number FROM clients WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                code.digest, code.user.bytes, code.client.description, code.redirectURI, code.challenge, code.nonce,
                code.scope.description, code.resources.isEmpty ? nil : try TextList.encode(code.resources),
                code.parent?.bytes, code.proofs.text, code.credentialVersion, code.signIn, code.deviceName,
                code.network, code.createdAt.milliseconds, code.expiresAt.milliseconds,
            ])
    }

    func trim(to count: Int, of user: UserID) throws {
        try connection.write(
            """
            DELETE FROM authorization_codes WHERE code_digest IN (
                SELECT code_digest FROM authorization_codes WHERE user_id = ?
                ORDER BY created_at DESC, code_digest LIMIT 1000000 OFFSET ?)
            """, [user.bytes, count])
    }

    func setSession(_ session: SessionID, of digest: [UInt8]) throws {
        try connection.write(
            "UPDATE authorization_codes SET session_id = ? WHERE code_digest = ?", [session.bytes, digest])
    }

    func removeUnused(of user: UserID, client: ClientID) throws {
        try connection.run(
            """
            DELETE FROM authorization_codes WHERE user_id = ? AND session_id IS NULL
                AND client_number = (SELECT number FROM clients WHERE id = ?)
            """, [user.bytes, client.description])
    }
}
