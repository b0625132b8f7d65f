import LatchkeyCore
import LatchkeyTokens

/// Rows of `login_codes`, each with its client: without it a code is absent.
struct LoginCodes: LoginCodeTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func find(_ digest: [UInt8]) throws -> LoginCode? {
        try connection.first(
            """
            SELECT l.code_digest, l.state_digest, l.user_id, l.password_version, c.id, l.redirect_uri, l.scope,
                l.device_name, l.network, l.created_at, l.expires_at, l.session_id
            FROM login_codes l JOIN clients c ON c.number = l.client_number WHERE l.code_digest = ?
            """, [digest]
        ) { row in
            LoginCode(
                digest: row.bytes(0), stateDigest: row.bytes(1), user: try row.userID(2), credentialVersion: row[3],
                client: try row.clientID(4), redirectURI: row[5], scope: try row.scope(6), deviceName: row[7],
                network: row[8], createdAt: row.timestamp(9), expiresAt: row.timestamp(10),
                session: row.isNull(11) ? nil : try row.sessionID(11))
        }
    }

    func insert(_ code: LoginCode) throws {
        try connection.write(
            """
            INSERT INTO login_codes (code_digest, state_digest, user_id, password_version, client_number, redirect_uri,
                scope, device_name, network, created_at, expires_at)
            VALUES (?, ?, ?, ?, (SELECT number FROM clients WHERE id = ?), ?, ?, ?, ?, ?, ?)
            """,
            [
                code.digest, code.stateDigest, code.user.bytes, code.credentialVersion, code.client.description,
                code.redirectURI, code.scope.description, code.deviceName, code.network, code.createdAt.milliseconds,
                code.expiresAt.milliseconds,
            ])
    }

    func trim(to count: Int, of user: UserID) throws {
        try connection.write(
            """
            DELETE FROM login_codes WHERE code_digest IN (
                SELECT code_digest FROM login_codes WHERE user_id = ?
                ORDER BY created_at DESC, code_digest LIMIT 1000000 OFFSET ?)
            """, [user.bytes, count])
    }

    func remove(_ digest: [UInt8]) throws {
        try connection.write("DELETE FROM login_codes WHERE code_digest = ?", [digest])
    }

    func setSession(_ session: SessionID, of digest: [UInt8]) throws {
        try connection.write("UPDATE login_codes SET session_id = ? WHERE code_digest = ?", [session.bytes, digest])
    }
}
