package import LatchkeyTokens

/// Everything that a sign-in writes.
package struct SessionBeginning: Sendable {
    package let id: SessionID
    package let nonce: [UInt8]
    package let authenticated: Authenticated
    package let client: ClientID
    package let transport: Session.Transport
    package let scope: Scope
    package let absoluteLifetime: Duration
    package let deviceName: String?
    package let network: String
    /// A session of the same client whose cookie came with the login: it ends.
    package let replacing: SessionID?
    /// The browser session that it comes from.
    package let parent: SessionID?
    package let beginning: Session.Beginning
    /// Resource indicators (RFC 8707).
    package let resources: [String]
    /// The network that redeemed a code; `nil`: that of the sign-in.
    package let presentedFrom: String?

    package init(
        id: SessionID, nonce: [UInt8], authenticated: Authenticated, client: ClientID, transport: Session.Transport,
        scope: Scope, absoluteLifetime: Duration, deviceName: String?, network: String, replacing: SessionID?,
        parent: SessionID? = nil, beginning: Session.Beginning = .direct, resources: [String] = [],
        presentedFrom: String? = nil
    ) {
        self.id = id
        self.nonce = nonce
        self.authenticated = authenticated
        self.client = client
        self.transport = transport
        self.scope = scope
        self.absoluteLifetime = absoluteLifetime
        self.deviceName = deviceName
        self.network = network
        self.replacing = replacing
        self.parent = parent
        self.beginning = beginning
        self.resources = resources
        self.presentedFrom = presentedFrom
    }
}

extension SessionBeginning {
    /// Whether what the sign-in rests on is asked for again: by ID tokens, or by the next application.
    fileprivate var keepsProofs: Bool { beginning == .code || transport == .browser }
}

package enum SessionBeginningOutcome: Sendable {
    case begun(SessionRecord, IssuanceStamp)
    /// The password or the user's state changed since it was verified: answer as for a wrong password.
    case lostRace
    case clientRefused
}

/// The transactions that begin and name sessions. Rotation and use have files of their own.
package enum SessionRules {
    /// Networks remembered for one user.
    static let knownNetworksPerUser = 32
    /// Live sessions of one user; a login beyond this ends the oldest.
    static let sessionsPerUser = 256
    /// The most sessions that one login ends beyond that limit.
    private static let endedAtOnce = 8
    /// Live browser sessions of one user; a sign-in beyond this ends the oldest.
    static let browserSessionsPerUser = 16
    /// Live sessions that one application has from one browser session; another one ends the oldest of those that would
    /// end with the browser session.
    static let childrenPerClient = 8

    /// Inserts the session unless the user was changed since the proof (then `.lostRace`), is disabled, or the client is
    /// gone or disabled. Also: ends `replacing`, notes the network as known, resets the pair's throttle counter, appends
    /// the audit event. Beyond 256 sessions of the user the oldest end (`too_many_sessions`).
    static func begin(
        _ request: SessionBeginning, _ ledger: any Ledger
    ) throws -> Issuance<SessionBeginningOutcome> {
        let authenticated = request.authenticated
        // Read again what the login verified: a password change or a disabled account since then wins.
        guard let login = try ledger.users.loginRecord(of: authenticated.user.id), !login.user.disabled,
            login.credential.version == authenticated.credentialVersion
        else { return .settled(.lostRace) }
        guard let client = try ledger.clients.find(request.client), !client.disabled else {
            return .settled(.clientRefused)
        }
        return try ledger.issue(login.user.issuedBefore, client.issuedBefore) { stamp in
            let instant = ledger.instant
            try endReplaced(request, ledger)
            try endOldest(of: login.user.id, request.transport, ledger)
            if let parent = request.parent { try endOldestChild(of: parent, client.id, ledger) }
            let session = Session(
                id: request.id, user: login.user.id, client: client.id, transport: request.transport,
                scope: request.scope, nonce: request.nonce, createdAt: instant,
                expiresAt: instant + request.absoluteLifetime, authenticationMethods: authenticated.methods,
                authenticatedAt: authenticated.proofs.authenticatedAt,
                proofs: request.keepsProofs ? authenticated.proofs : [], parent: request.parent,
                beginning: request.beginning, resources: request.resources, deviceName: request.deviceName,
                network: request.network,
                lineage: .begun(at: instant, from: request.presentedFrom ?? request.network))
            try ledger.sessions.insert(session)
            try noteNetwork(request.network, of: login.user.id, ledger)
            for bucket in authenticated.resetting { try ledger.throttle.reset(bucket) }
            try AuditRules.append(
                AuditEvent(
                    .loginSucceeded, at: instant, actor: .user(session.user), user: session.user,
                    session: session.id, client: client.id, network: request.network,
                    details: ["transport": request.transport.rawValue]),
                ledger)
            let record = SessionRecord(
                session: session, user: login.user, client: client,
                allEndedAt: try ledger.state.row().stored.sessionsEndedAt)
            return .begun(record, stamp)
        }
    }

    private static func endReplaced(_ request: SessionBeginning, _ ledger: any Ledger) throws {
        guard let id = request.replacing, let old = try ledger.sessions.find(id), old.client.id == request.client
        else { return }
        try RevocationRules.revoke(
            RevocationOrder(.session(id), reason: .replacedByLogin, actor: .user(request.authenticated.user.id)),
            ledger)
    }

    /// Makes room for one more session. Sessions that a watermark already ended count too, which keeps the look-up
    /// short; they only get their end noted.
    private static func endOldest(
        of user: UserID, _ transport: Session.Transport, _ ledger: any Ledger
    ) throws {
        let excess =
            transport == .browser
            ? try ledger.sessions.unendedBrowsers(
                of: user, beyond: browserSessionsPerUser - 1, limit: endedAtOnce)
            : try ledger.sessions.unended(of: user, beyond: sessionsPerUser - 1, limit: endedAtOnce)
        for id in excess { try endExcessive(id, ledger) }
    }

    private static func endExcessive(_ id: SessionID, _ ledger: any Ledger) throws {
        let order = RevocationOrder(.session(id), reason: .tooManySessions, actor: .system)
        if case .revoked = try RevocationRules.revoke(order, ledger) { return }
        try ledger.sessions.end(id, at: ledger.instant, reason: order.reason)
    }

    /// A browser that is sent to the same application again and again must not use up the user's sessions.
    private static func endOldestChild(
        of parent: SessionID, _ client: ClientID, _ ledger: any Ledger
    ) throws {
        let children = try ledger.sessions.unendedChildren(of: parent).filter {
            $0.client.id == client && !$0.session.outlivesParent
        }
        for child in children.dropLast(childrenPerClient - 1) { try endExcessive(child.session.id, ledger) }
    }

    private static func noteNetwork(_ network: String, of user: UserID, _ ledger: any Ledger) throws {
        // The usual case: one more sign-in from a network that is already known.
        if try ledger.networks.renew(network, of: user, at: ledger.instant) { return }
        try ledger.networks.insert(network, of: user, at: ledger.instant)
        try ledger.networks.trim(to: knownNetworksPerUser, of: user)
    }

    /// Names the device of a session; `nil` removes the name.
    /// - Returns: `nil`, with nothing changed, when this user has no such session, or it has ended.
    static func rename(
        _ id: SessionID, of user: UserID, to deviceName: String?, _ ledger: any Ledger
    ) throws -> SessionRecord? {
        guard let record = try ledger.sessions.find(id), record.session.user == user,
            SessionValidity.judge(record, idleLifetime: nil, now: ledger.instant) == .valid
        else { return nil }
        try ledger.sessions.rename(id, to: deviceName)
        return try ledger.sessions.find(id)
    }
}

extension Store {
    /// Begins a session: see ``SessionRules/begin(_:_:)``. Durable on return.
    package func beginSession(_ request: SessionBeginning) async throws -> Issuance<SessionBeginningOutcome> {
        try await write(.user(request.authenticated.user.id)) { try SessionRules.begin(request, $0) }.value
    }

    /// See ``SessionRules/rename(_:of:to:_:)``.
    package func renameSession(
        _ id: SessionID, of user: UserID, to deviceName: String?
    ) async throws -> SessionRecord? {
        try await write(.session(id)) { try SessionRules.rename(id, of: user, to: deviceName, $0) }.value
    }
}
