package import LatchkeyTokens

/// A session without JWT, as its application is told: who is signed in, and for how long.
package struct BrowserSession: Sendable {
    package let record: SessionRecord
    /// What client and user may still have of what was granted.
    package let scope: Scope
    /// When it ends if it is not used: never later than the absolute end.
    package let idleExpiresAt: Timestamp

    /// - Parameter idleLifetime: of the session's client.
    init(_ record: SessionRecord, idleLifetime: Duration) {
        self.record = record
        scope = record.client.scopeStillHeld(record.session.scope, by: record.user)
        idleExpiresAt = min(record.session.expiresAt, record.session.lineage.rotatedAt + idleLifetime)
    }
}

/// A session without JWT that has just begun, with the token for its cookie.
package struct BrowserSessionStart: Sendable {
    package let session: BrowserSession
    package let token: SessionTokenString
    /// Seconds until the absolute end.
    package let lifetime: Int
}

extension SessionService {
    /// Verifies the password and begins a session without JWT. Durable on return.
    /// - Throws: ``Refusal`` as ``login(_:)``.
    package func loginWithoutTokens(_ request: LoginRequest) async throws -> BrowserSessionStart {
        try Self.checkServerSessions(request.client)
        let authenticated = try await authenticate(request)
        defer { authenticated.admission?.release() }
        let replaced = try await replacedBrowserSession(request.replacingSessionToken, client: request.client.id)
        let (record, stamp) = try await beginSession(
            authenticated, SignIn(request, transport: .session, replacing: replaced))
        return try start(record, at: stamp.issuedAt)
    }

    /// The live session of a cookie's token; the call counts as a use of it. `nil` for whatever is no token of ours,
    /// and for a session that has ended or expired.
    ///
    /// Reads the row each time, so a revocation holds for the very next call. A use is written at most once an
    /// ``SessionUse/interval(idleLifetime:)``; when the disk cannot take it, the session is still what was read.
    package func use(sessionToken text: String) async throws -> BrowserSession? {
        guard let record = try await lookup(sessionToken: text) else { return nil }
        let idle = idleLifetime(of: record.client)
        let now = clock.now()
        guard SessionValidity.judge(record, idleLifetime: idle, now: now) == .valid else { return nil }
        let interval = SessionUse.interval(idleLifetime: idle)
        guard now - record.session.lineage.rotatedAt >= interval else {
            return BrowserSession(record, idleLifetime: idle)
        }
        let use = SessionUse(session: record.session.id, idleLifetime: idle, notedAfter: interval, issuesToken: false)
        do {
            guard case .settled(.live(let noted, _)) = try await store.useSession(use) else { return nil }
            return BrowserSession(noted, idleLifetime: idle)
        } catch is StoreUnavailable {
            return BrowserSession(record, idleLifetime: idle)
        }
    }

    /// Finds the session of a genuine session token, whatever has become of it. Changes nothing.
    package func lookup(sessionToken text: String) async throws -> SessionRecord? {
        guard let token = SessionToken(text), masterKeys.contains(slot: token.slot),
            let record = try await store.session(token.session), record.session.transport == .session,
            token.isAuthentic(nonce: record.session.nonce, keys: masterKeys)
        else { return nil }
        return record
    }

    /// Only a genuine token of the same client ends a session; anything else in the cookie is ignored.
    func replacedBrowserSession(_ text: String?, client: ClientID) async throws -> SessionID? {
        guard let text, let record = try await lookup(sessionToken: text), record.session.client == client else {
            return nil
        }
        return record.session.id
    }

    func start(_ record: SessionRecord, at now: Timestamp) throws -> BrowserSessionStart {
        let session = record.session
        return BrowserSessionStart(
            session: BrowserSession(record, idleLifetime: idleLifetime(of: record.client)),
            token: try SessionToken.derive(session: session.id, nonce: session.nonce, keys: masterKeys),
            lifetime: Int(max(0, session.expiresAt.seconds - now.seconds)))
    }

    static func checkServerSessions(_ client: Client) throws(Refusal) {
        guard client.allowsServerSessions else {
            throw Refusal(
                .unauthorizedClient, "Session transport is for first-party clients with at least one allowed origin.")
        }
    }
}
