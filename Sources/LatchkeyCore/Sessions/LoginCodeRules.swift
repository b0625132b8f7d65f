import LatchkeyTokens

/// One-time codes between the login page and the application's host.
package enum LoginCodeRules {
    /// Codes kept for one user, including redeemed ones.
    private static let codesPerUser = 32

    /// Keeps a code for ``LoginCodeString/lifetime``, unless the user was changed since the proof (then `false`). It
    /// passes the issuance gate, so that a revocation in this same second can neither miss the code nor precede it.
    /// Resets the pair's throttle counter and appends the audit event. A user has at most 32 codes: older ones are
    /// deleted.
    static func add(_ issue: LoginCodeIssue, _ ledger: any Ledger) throws -> Issuance<Bool> {
        let authenticated = issue.authenticated
        guard let login = try ledger.users.loginRecord(of: authenticated.user.id), !login.user.disabled,
            login.credential.version == authenticated.credentialVersion,
            let client = try ledger.clients.find(issue.client), !client.disabled
        else { return .settled(false) }
        return try ledger.issue(login.user.issuedBefore, client.issuedBefore) { _ in
            let instant = ledger.instant
            try ledger.codes.insert(
                LoginCode(
                    digest: issue.digest, stateDigest: issue.stateDigest, user: login.user.id,
                    credentialVersion: login.credential.version, client: client.id, redirectURI: issue.redirectURI,
                    scope: issue.scope, deviceName: issue.deviceName, network: issue.network, createdAt: instant,
                    expiresAt: instant + LoginCodeString.lifetime, session: nil))
            try ledger.codes.trim(to: codesPerUser, of: login.user.id)
            for bucket in authenticated.resetting { try ledger.throttle.reset(bucket) }
            // The password was right, whether or not a session follows.
            try AuditRules.append(
                AuditEvent(
                    .loginCodeIssued, at: instant, actor: .user(login.user.id), user: login.user.id,
                    client: client.id, network: issue.network),
                ledger)
            return true
        }
    }

    /// Begins the session of a code, as ``SessionRules/begin(_:_:)`` does, once. A code that is used again ends its
    /// session.
    static func redeem(
        _ request: LoginCodeRedemption, _ ledger: any Ledger
    ) throws -> Issuance<LoginCodeOutcome> {
        guard let code = try ledger.codes.find(request.digest) else { return .settled(.refused) }
        if let made = code.session { return .settled(try endReplayed(code, made, request, ledger)) }
        guard code.client == request.client, code.redirectURI.utf8.elementsEqual(request.redirectURI.utf8),
            code.stateDigest == request.stateDigest, let client = try ledger.clients.find(code.client)
        else {
            // A code in the wrong place has leaked: it becomes invalid.
            try ledger.codes.remove(request.digest)
            return .settled(.refused)
        }
        guard ledger.instant < code.expiresAt, let user = try ledger.users.find(code.user),
            try !isOvertaken(code, user, client, ledger)
        else { return .settled(.refused) }
        let issuance = try SessionRules.begin(
            SessionBeginning(
                id: request.session, nonce: request.nonce,
                authenticated: Authenticated(
                    user: user, credentialVersion: code.credentialVersion,
                    proofs: [Proof(.password, at: code.createdAt)], admission: nil),
                client: request.client, transport: .session, scope: code.scope,
                absoluteLifetime: request.absoluteLifetime, deviceName: code.deviceName, network: code.network,
                replacing: request.replacing),
            ledger)
        switch issuance {
        case .settled(.begun(let record, let stamp)):
            try ledger.codes.setSession(request.session, of: request.digest)
            return .settled(.begun(record, stamp))
        case .settled: return .settled(.refused)
        case .wait(let until): return .wait(until: until)
        case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
        }
    }

    /// Whether the sessions of the user, of the client or of all users were ended since the password was verified: if
    /// the session had existed, it would have ended with them.
    private static func isOvertaken(
        _ code: LoginCode, _ user: User, _ client: Client, _ ledger: any Ledger
    ) throws -> Bool {
        let watermarks = SessionWatermarks(
            user: user.sessionsEndedAt, client: client.sessionsEndedAt,
            everybody: try ledger.state.row().stored.sessionsEndedAt)
        return watermarks.cover(code.createdAt)
    }

    /// Two browsers hold the code (RFC 6749 4.1.2): the session that it began ends.
    private static func endReplayed(
        _ code: LoginCode, _ session: SessionID, _ request: LoginCodeRedemption, _ ledger: any Ledger
    ) throws -> LoginCodeOutcome {
        try AuditRules.append(
            AuditEvent(
                .loginCodeReplayed, at: ledger.instant, actor: .system, user: code.user, session: session,
                client: request.client, network: request.network),
            ledger)
        try RevocationRules.revoke(RevocationOrder(.session(session), reason: .replay, actor: .system), ledger)
        return .replayed
    }
}

extension Store {
    /// See ``LoginCodeRules/add(_:_:)``.
    package func addLoginCode(_ code: LoginCodeIssue) async throws -> Issuance<Bool> {
        try await write(.user(code.authenticated.user.id)) { try LoginCodeRules.add(code, $0) }.value
    }

    /// See ``LoginCodeRules/redeem(_:_:)``.
    package func redeemLoginCode(_ redemption: LoginCodeRedemption) async throws -> Issuance<LoginCodeOutcome> {
        try await write(.userOfCode(redemption.digest)) { try LoginCodeRules.redeem(redemption, $0) }.value
    }
}
