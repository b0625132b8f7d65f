import LatchkeyBytes
package import LatchkeyTokens

/// Everything that a login at an application's own page writes when its session begins later and on another host.
package struct LoginCodeIssue: Sendable {
    package let digest: [UInt8]
    package let authenticated: Authenticated
    package let client: ClientID
    package let redirectURI: String
    package let challenge: String
    package let scope: Scope
    package let deviceName: String?
    package let network: String

    package init(
        digest: [UInt8], authenticated: Authenticated, client: ClientID, redirectURI: String, challenge: String,
        scope: Scope, deviceName: String?, network: String
    ) {
        self.digest = digest
        self.authenticated = authenticated
        self.client = client
        self.redirectURI = redirectURI
        self.challenge = challenge
        self.scope = scope
        self.deviceName = deviceName
        self.network = network
    }
}

/// A code that came back, to be redeemed by the writer.
package struct CodeRedemption: Sendable {
    package let digest: [UInt8]
    package let client: ClientID
    /// As it was sent along; `nil` when it was not.
    package let redirectURI: String?
    /// `code_verifier`, with the form that RFC 7636 asks for.
    package let verifier: String?
    package let transport: Session.Transport
    /// The id of the session to begin.
    package let session: SessionID
    package let nonce: [UInt8]
    package let absoluteLifetime: Duration
    /// The network that the code came from; the session's own network is that of the sign-in.
    package let network: String
    /// A session of the same client whose cookie was sent along: it ends.
    package let replacing: SessionID?

    package init(
        digest: [UInt8], client: ClientID, redirectURI: String?, verifier: String?, transport: Session.Transport,
        session: SessionID, nonce: [UInt8], absoluteLifetime: Duration, network: String, replacing: SessionID? = nil
    ) {
        self.digest = digest
        self.client = client
        self.redirectURI = redirectURI
        self.verifier = verifier
        self.transport = transport
        self.session = session
        self.nonce = nonce
        self.absoluteLifetime = absoluteLifetime
        self.network = network
        self.replacing = replacing
    }
}

package enum CodeOutcome: Sendable {
    case begun(SessionRecord, nonce: String?, IssuanceStamp)
    /// Used before, and presented rightly once more: the session that it began has been ended now.
    case replayed
    /// A verifier was sent for a code without a challenge (RFC 9700 4.8.2).
    case downgraded
    /// Unknown, expired, for another client, redirect URI or verifier, or overtaken by a password change, a revocation or
    /// the end of the browser session.
    case refused
}

/// Authorization codes (RFC 6749 4.1, RFC 7636).
package enum AuthorizationCodeRules {
    /// Codes kept for one user, including redeemed ones.
    static let codesPerUser = 32

    /// Keeps a code for ``AuthorizationCodeString/lifetime``, unless the user was changed since the proof (then
    /// `false`). It passes the issuance gate, so that a revocation in this same second can neither miss the code nor
    /// precede it. Resets the pair's throttle counter and appends the audit event.
    static func add(_ issue: LoginCodeIssue, _ ledger: any Ledger) throws -> Issuance<Bool> {
        let authenticated = issue.authenticated
        guard let login = try ledger.users.loginRecord(of: authenticated.user.id), !login.user.disabled,
            login.credential.version == authenticated.credentialVersion,
            let client = try ledger.clients.find(issue.client), !client.disabled
        else { return .settled(false) }
        return try ledger.issue(login.user.issuedBefore, client.issuedBefore) { _ in
            let instant = ledger.instant
            try insert(
                AuthorizationCode(
                    digest: issue.digest, user: login.user.id, client: client.id, redirectURI: issue.redirectURI,
                    challenge: issue.challenge, nonce: nil, scope: issue.scope, resources: [], parent: nil,
                    proofs: authenticated.proofs, credentialVersion: login.credential.version, signIn: nil,
                    deviceName: issue.deviceName, network: issue.network, createdAt: instant,
                    expiresAt: instant + AuthorizationCodeString.lifetime),
                ledger)
            for bucket in authenticated.resetting { try ledger.throttle.reset(bucket) }
            return true
        }
    }

    /// Writes a code and says so in the audit trail. A user has at most 32 codes: older ones are deleted.
    static func insert(_ code: AuthorizationCode, _ ledger: any Ledger) throws {
        try ledger.codes.insert(code)
        try ledger.codes.trim(to: codesPerUser, of: code.user)
        // The password was right, whether or not a session follows.
        try AuditRules.append(
            AuditEvent(
                .loginCodeIssued, at: ledger.instant, actor: .user(code.user), user: code.user, client: code.client,
                network: code.network),
            ledger)
    }

    /// Begins the session of a code, as ``SessionRules/begin(_:_:)`` does, once.
    ///
    /// | the code | answer | written |
    /// | --- | --- | --- |
    /// | unknown; another client, redirect URI or verifier | refused | nothing |
    /// | a verifier, but no challenge | downgraded | nothing |
    /// | all right, used before | replayed | the session that it began ends |
    /// | all right, expired or overtaken | refused | nothing |
    /// | all right | begun | the session |
    static func redeem(_ request: CodeRedemption, _ ledger: any Ledger) throws -> Issuance<CodeOutcome> {
        guard let code = try ledger.codes.find(request.digest), code.client == request.client,
            request.redirectURI.map({ $0.equalsBytes(of: code.redirectURI) }) ?? (code.challenge != nil)
        else { return .settled(.refused) }
        switch (code.challenge, request.verifier) {
        case (nil, nil): break
        case (nil, _?): return .settled(.downgraded)
        case (_?, nil): return .settled(.refused)
        case (let challenge?, let verifier?):
            guard ConstantTime.equal(Array(CodeChallenge.s256(verifier).utf8), Array(challenge.utf8)) else {
                return .settled(.refused)
            }
        }
        if let made = code.session { return .settled(try endReplayed(code, made, request, ledger)) }
        guard ledger.instant < code.expiresAt, let user = try ledger.users.find(code.user),
            let client = try ledger.clients.find(code.client), client.registers(redirectURI: code.redirectURI),
            try !isOvertaken(code, user, client, ledger)
        else { return .settled(.refused) }
        return try begin(code, user, request, ledger)
    }

    private static func begin(
        _ code: AuthorizationCode, _ user: User, _ request: CodeRedemption, _ ledger: any Ledger
    ) throws -> Issuance<CodeOutcome> {
        let issuance = try SessionRules.begin(
            SessionBeginning(
                id: request.session, nonce: request.nonce,
                authenticated: Authenticated(
                    user: user, credentialVersion: code.credentialVersion, proofs: code.proofs, admission: nil),
                client: request.client, transport: request.transport, scope: code.scope,
                absoluteLifetime: request.absoluteLifetime, deviceName: code.deviceName, network: code.network,
                replacing: request.replacing, parent: code.parent, beginning: .code, resources: code.resources,
                presentedFrom: request.network),
            ledger)
        switch issuance {
        case .settled(.begun(let record, let stamp)):
            try ledger.codes.setSession(request.session, of: request.digest)
            return .settled(.begun(record, nonce: code.nonce, stamp))
        case .settled: return .settled(.refused)
        case .wait(let until): return .wait(until: until)
        case .clockSetBack(let retryAfter): return .clockSetBack(retryAfter: retryAfter)
        }
    }

    /// Whether the sessions of the user, of the client or of all users were ended since the code was made or the proofs
    /// were given, or the browser session has ended: if the session had existed, it would have ended with them.
    private static func isOvertaken(
        _ code: AuthorizationCode, _ user: User, _ client: Client, _ ledger: any Ledger
    ) throws -> Bool {
        let everybody = try ledger.state.row().stored.sessionsEndedAt
        let marks = SessionWatermarks(
            user: user.sessionsEndedAt, client: client.sessionsEndedAt, everybody: everybody)
        if marks.cover(code.createdAt) { return true }
        guard let parent = code.parent else { return false }
        // Held, because its end takes along only those sessions that it finds.
        guard try ledger.sessions.hold(parent), let record = try ledger.sessions.find(parent) else { return true }
        return record.isEnded
    }

    /// Two hold the code (RFC 6749 4.1.2): the session that it began ends.
    private static func endReplayed(
        _ code: AuthorizationCode, _ session: SessionID, _ request: CodeRedemption, _ ledger: any Ledger
    ) throws -> CodeOutcome {
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
    /// See ``AuthorizationCodeRules/add(_:_:)``.
    package func addLoginCode(_ code: LoginCodeIssue) async throws -> Issuance<Bool> {
        try await write(.user(code.authenticated.user.id)) { try AuthorizationCodeRules.add(code, $0) }.value
    }

    /// See ``AuthorizationCodeRules/redeem(_:_:)``.
    package func redeemCode(_ redemption: CodeRedemption) async throws -> Issuance<CodeOutcome> {
        try await write(.userOfCode(redemption.digest)) { try AuthorizationCodeRules.redeem(redemption, $0) }.value
    }
}
