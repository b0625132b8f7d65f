package import LatchkeyTokens

/// A server session as shown to its application: who is signed in, and for how long.
package struct ServerSession: Sendable {
    package let record: SessionRecord
    /// The part of the granted scope that client and user still have.
    package let scope: Scope
    /// When it ends unless it is used: never later than the absolute end.
    package let idleExpiresAt: Timestamp

    /// - Parameter idleLifetime: the idle lifetime of the session's client.
    init(_ record: SessionRecord, idleLifetime: Duration) {
        self.record = record
        scope = record.client.scopeStillHeld(record.session.scope, by: record.user)
        idleExpiresAt = min(record.session.expiresAt, record.session.lineage.rotatedAt + idleLifetime)
    }
}

/// A server session that has just begun, with the token for its cookie.
package struct ServerSessionStart: Sendable {
    package let session: ServerSession
    package let token: SessionTokenString
    /// Seconds until the absolute end.
    package let lifetime: Int
}

extension SessionService {
    /// Verifies the password and begins a server session. Durable on return.
    /// - Throws: ``Refusal`` as ``login(_:)``.
    package func loginForServerSession(_ request: LoginRequest) async throws -> ServerSessionStart {
        precondition(request.transport == .session)
        let authenticated = try await authenticate(request)
        defer { authenticated.admission?.release() }
        let replaced = try await replacedServerSession(request.replacingSessionToken, client: request.client.id)
        let (record, stamp) = try await beginSession(
            authenticated, SignIn(request, transport: .session, replacing: replaced))
        return try start(record, at: stamp.issuedAt)
    }

    /// The live session of a cookie's token; the call counts as a use of it. `nil` for text that is not a token of
    /// ours, and for a session that has ended or expired.
    ///
    /// Reads the row each time, so a revocation holds for the very next call. A use is written at most once per
    /// ``SessionUse/interval(idleLifetime:)``; if the disk cannot take it, the result is still the session that was
    /// read.
    package func use(sessionToken text: String) async throws -> ServerSession? {
        guard let record = try await lookup(sessionToken: text) else { return nil }
        let idle = idleLifetime(of: record.client)
        let now = clock.now()
        guard SessionValidity.judge(record, idleLifetime: idle, now: now) == .valid else { return nil }
        let interval = SessionUse.interval(idleLifetime: idle)
        guard now - record.session.lineage.rotatedAt >= interval else {
            return ServerSession(record, idleLifetime: idle)
        }
        let use = SessionUse(session: record.session.id, idleLifetime: idle, notedAfter: interval, issuesToken: false)
        do {
            guard case .settled(.live(let noted, _)) = try await store.useSession(use) else { return nil }
            return ServerSession(noted, idleLifetime: idle)
        } catch is StoreUnavailable {
            return ServerSession(record, idleLifetime: idle)
        }
    }

    /// Finds the session of a genuine session token, whatever its state. Changes nothing.
    package func lookup(sessionToken text: String) async throws -> SessionRecord? {
        guard let token = SessionToken(text), masterKeys.contains(slot: token.slot),
            let record = try await store.session(token.session), record.session.transport == .session,
            token.isAuthentic(nonce: record.session.nonce, keys: masterKeys)
        else { return nil }
        return record
    }

    /// Only a genuine token of the same client ends a session; anything else in the cookie is ignored.
    func replacedServerSession(_ text: String?, client: ClientID) async throws -> SessionID? {
        guard let text, let record = try await lookup(sessionToken: text), record.session.client == client else {
            return nil
        }
        return record.session.id
    }

    func start(_ record: SessionRecord, at now: Timestamp) throws -> ServerSessionStart {
        let session = record.session
        return ServerSessionStart(
            session: ServerSession(record, idleLifetime: idleLifetime(of: record.client)),
            token: try SessionToken.derive(session: session.id, nonce: session.nonce, keys: masterKeys),
            lifetime: Int(max(0, session.expiresAt.seconds - now.seconds)))
    }
}
