package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func addLoginCode(_ code: LoginCodeIssue) async throws -> Issuance<Bool> {
        try await writer.perform { try $0.add(code) }
    }

    package func redeemLoginCode(_ redemption: LoginCodeRedemption) async throws -> Issuance<LoginCodeOutcome> {
        try await writer.perform { try $0.redeem(redemption) }
    }
}

extension Transaction {
    /// Codes kept for one user, redeemed ones included.
    private static let codesPerUser = 32

    fileprivate func add(_ code: LoginCodeIssue) throws -> Issuance<Bool> {
        guard let login = try UserRow.loginRecord(where: "u.id = ?", code.user.bytes, database),
            !login.user.disabled, login.credential.version == code.verifiedVersion,
            let row = try ClientRow.find(code.client, database), !row.client.disabled
        else { return try settled(false) }
        return try issue(gate(login.user.issuedBefore, row.client.issuedBefore)) { _ in
            try insert(code, clientNumber: row.number)
            try reset(code.resetting)
            // The password was right, whether or not a session comes of it.
            try AuditRow.append(
                AuditEvent(
                    .loginCodeIssued, at: instant, actor: .user(code.user), user: code.user, client: code.client,
                    network: code.network),
                database)
            return true
        }
    }

    private func insert(_ code: LoginCodeIssue, clientNumber: Int64) throws {
        try database.run(
            """
            INSERT INTO login_codes (code_digest, state_digest, user_id, password_version, client_number, redirect_uri,
                scope, device_name, network, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                code.digest, code.stateDigest, code.user.bytes, code.verifiedVersion, clientNumber,
                code.redirectURI, code.scope.description, code.deviceName, code.network, instant.milliseconds,
                (instant + LoginCodeString.lifetime).milliseconds,
            ])
        try database.run(
            """
            DELETE FROM login_codes WHERE code_digest IN (
                SELECT code_digest FROM login_codes WHERE user_id = ?
                ORDER BY created_at DESC, code_digest LIMIT -1 OFFSET \(Self.codesPerUser))
            """, [code.user.bytes])
    }

    fileprivate func redeem(_ request: LoginCodeRedemption) throws -> Issuance<LoginCodeOutcome> {
        guard let code = try LoginCodeRow.find(request.digest, database) else { return try settled(.refused) }
        if let made = code.session { return try endReplayed(code, made, request) }
        let client = try ClientRow.find(request.client, database)
        guard let client, client.number == code.clientNumber, code.redirectURI == request.redirectURI,
            code.stateDigest == request.stateDigest
        else {
            // A code in the wrong place has leaked: it is worth nothing any more.
            try database.run("DELETE FROM login_codes WHERE code_digest = ?", [request.digest])
            return try settled(.refused)
        }
        guard instant < code.expiresAt, try !isOvertaken(code, client.client) else { return try settled(.refused) }
        let issuance = try begin(
            SessionBeginning(
                id: request.session, nonce: request.nonce, user: code.user, verifiedVersion: code.version,
                client: request.client, transport: .session, scope: code.scope,
                absoluteLifetime: request.absoluteLifetime, authenticationMethods: ["pwd"],
                deviceName: code.deviceName, network: code.network, replacing: request.replacing, resetting: []))
        switch issuance {
        case .granted(.begun(let record), let issuedAt, let keyVersion):
            try database.run(
                "UPDATE login_codes SET session_id = ? WHERE code_digest = ?",
                [request.session.bytes, request.digest])
            return .granted(.begun(record), issuedAt: issuedAt, keyVersion: keyVersion)
        case .granted: return try settled(.refused)
        case .wait(let until): return .wait(until: until)
        case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
        }
    }

    /// Whether the sessions of user, client or everybody were ended since the password was verified: the session would
    /// have ended with them, had it existed.
    private func isOvertaken(_ code: LoginCodeRow, _ client: Client) throws -> Bool {
        let user = try UserRow.find(code.user, database)
        let watermarks = [
            user?.sessionsEndedAt, client.sessionsEndedAt, try state().revocation.sessionsEndedAt,
        ]
        return watermarks.contains { $0.map { code.createdAt <= $0 } ?? false }
    }

    /// Two browsers hold the code (RFC 6749 4.1.2): what it made ends.
    private func endReplayed(
        _ code: LoginCodeRow, _ session: SessionID, _ request: LoginCodeRedemption
    ) throws -> Issuance<LoginCodeOutcome> {
        try AuditRow.append(
            AuditEvent(
                .loginCodeReplayed, at: instant, actor: .system, user: code.user, session: session,
                client: request.client, network: request.network),
            database)
        _ = try revoke(RevocationOrder(.session(session), reason: .replay, actor: .system))
        return try settled(.replayed)
    }
}

/// A row of `login_codes`.
private struct LoginCodeRow {
    let stateDigest: [UInt8]
    let user: UserID
    let version: Int64
    let clientNumber: Int64
    let redirectURI: String
    let scope: Scope
    let deviceName: String?
    let network: String
    let createdAt: Timestamp
    let expiresAt: Timestamp
    let session: SessionID?

    static func find(_ digest: [UInt8], _ database: Database) throws -> LoginCodeRow? {
        try database.first(
            """
            SELECT state_digest, user_id, password_version, client_number, redirect_uri, scope, device_name, network,
                created_at, expires_at, session_id
            FROM login_codes WHERE code_digest = ?
            """, [digest]
        ) { row in
            guard let user = UserID(bytes: row.bytes(1)) else { throw StoreFault.unreadable(UserID.self) }
            guard let scope = Scope(row[5] as String) else { throw StoreFault.unreadable(Scope.self) }
            return LoginCodeRow(
                stateDigest: row.bytes(0), user: user, version: row[2], clientNumber: row[3], redirectURI: row[4],
                scope: scope, deviceName: row[6], network: row[7], createdAt: row.timestamp(8),
                expiresAt: row.timestamp(9), session: row.optionalBytes(10).flatMap { SessionID(bytes: $0) })
        }
    }
}
