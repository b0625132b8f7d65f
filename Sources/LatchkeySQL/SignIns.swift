import LatchkeyCore
import LatchkeyTokens

/// Rows of `sign_ins`, each with its client: without it a row is absent.
struct SignIns: SignInTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func find(_ form: FormName) throws -> SignInRecord? {
        try connection.first(
            """
            SELECT i.id, i.user_id, c.id, i.request_digest, i.proofs, i.password_version, i.nonce, i.network,
                i.created_at, i.expires_at, i.session_id
            FROM sign_ins i JOIN clients c ON c.number = i.client_number
            WHERE i.browser_digest = ? AND i.form_id = ?
            """, [form.browserDigest, form.formID]
        ) { row in
            SignInRecord(
                id: row.bytes(0), form: form, user: try row.userID(1), client: try row.clientID(2),
                requestDigest: row.bytes(3), proofs: try row.proofs(4), credentialVersion: row[5], nonce: row.bytes(6),
                network: row[7], createdAt: row.timestamp(8), expiresAt: row.timestamp(9),
                session: row.isNull(10) ? nil : try row.sessionID(10))
        }
    }

    func insert(_ record: SignInRecord) throws -> Bool {
        try connection.run(
            """
            INSERT INTO sign_ins (id, browser_digest, form_id, user_id, client_number, request_digest, proofs,
                password_version, nonce, network, created_at, expires_at, session_id)
            VALUES (?, ?, ?, ?, (SELECT number FROM clients WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (browser_digest, form_id) DO NOTHING
            """,
            [
                record.id, record.form.browserDigest, record.form.formID, record.user.bytes,
                record.client.description, record.requestDigest, record.proofs.text, record.credentialVersion,
                record.nonce, record.network, record.createdAt.milliseconds, record.expiresAt.milliseconds,
                record.session?.bytes,
            ]) == 1
    }

    func update(_ record: SignInRecord) throws {
        try connection.write(
            "UPDATE sign_ins SET proofs = ?, password_version = ?, session_id = ? WHERE id = ?",
            [record.proofs.text, record.credentialVersion, record.session?.bytes, record.id])
    }

    func trim(to count: Int, keeping record: SignInRecord) throws {
        let others = try connection.all(
            """
            SELECT id FROM sign_ins WHERE user_id = ? AND id <> ?
            ORDER BY CASE WHEN network = ? THEN 0 ELSE 1 END, created_at, id
            """, [record.user.bytes, record.id, record.network]
        ) { $0.bytes(0) }
        for id in others.dropLast(count - 1) { try connection.write("DELETE FROM sign_ins WHERE id = ?", [id]) }
    }

    func remove(_ form: FormName) throws {
        try connection.run(
            "DELETE FROM sign_ins WHERE browser_digest = ? AND form_id = ? AND session_id IS NULL",
            [form.browserDigest, form.formID])
    }

    func remove(ofBrowser digest: [UInt8]) throws {
        try connection.run("DELETE FROM sign_ins WHERE browser_digest = ?", [digest])
    }
}
