package import LatchkeyTokens
import Logging
import Synchronization

/// A refresh as the HTTP layer parsed it. The client is known and, when confidential, authenticated.
package struct RefreshRequest: Sendable {
    package var token: String
    package var client: Client
    /// Narrows this one access token.
    package var scope: Scope?
    package var transport: Session.Transport
    package var network: String

    package init(token: String, client: Client, scope: Scope? = nil, transport: Session.Transport, network: String) {
        self.token = token
        self.client = client
        self.scope = scope
        self.transport = transport
        self.network = network
    }
}

/// A refresh token whose tag is genuine, whatever has become of its session.
package struct RefreshTokenLookup: Sendable {
    package let record: SessionRecord
    package let generation: UInt32
}

extension SessionService {
    /// Advances the session by one generation and returns the successor, or what the generation table says instead.
    /// Durable on return. RFC 6749 6, RFC 9700 4.14.2.
    ///
    /// - Throws: ``Refusal`` `invalid_grant` with its reason, `invalid_scope`, `unauthorized_client`, `clock_set_back`.
    package func refresh(_ request: RefreshRequest) async throws -> TokenReply {
        let client = request.client
        guard client.grants.contains(.refreshToken) else {
            throw Refusal(.unauthorizedClient, "This client may not use the refresh_token grant.")
        }
        // No I/O for what is not a token of ours; a forged tag costs the writer one look at the session.
        guard let token = RefreshToken(request.token), masterKeys.contains(slot: token.slot) else {
            throw Self.refused(.malformed)
        }
        let policy = RefreshPolicy(
            reuseWindow: settings.refresh.reuseWindow, recoveryLimit: settings.refresh.recoveryLimit,
            idleLifetime: idleLifetime(of: client))
        let handedOver = HandedOver<RefreshTokenKey>()
        let rotation = SessionRotation(
            session: token.session, generation: token.generation, client: client.id, transport: request.transport,
            network: request.network, policy: policy, scope: request.scope
        ) { [masterKeys, settings] record in
            let key = RefreshTokenKey(
                slot: token.slot, session: token.session, nonce: record.session.nonce, keys: masterKeys)
            guard let key, key.isAuthentic(token) else { throw Self.refused(.malformed) }
            handedOver.value = key
            guard record.session.client == client.id else { return }
            // So that a scope which cannot be had does not cost the client its token.
            _ = try client.tokenGrant(
                held: record.session.scope, requested: request.scope, user: record.user, settings: settings)
        }
        let (outcome, issuedAt, keyVersion) = try await IssuanceLoop(clock: clock).run {
            try await store.rotateSession(rotation)
        }
        if case .sameSuccessor(let record, let elsewhere) = outcome {
            noteReuse(record, elsewhere: elsewhere, network: request.network, at: issuedAt)
        }
        switch outcome {
        case .rotated(let record), .sameSuccessor(let record, _), .recovered(let record), .rolledBack(let record):
            if case .rolledBack = outcome {
                logger.critical(
                    "a refresh token is newer than the database: was an old copy of it put back?",
                    metadata: ["lk.session": "\(token.session)"])
            }
            return try await reply(
                record: record, requested: request.scope, generation: record.session.lineage.current,
                key: handedOver.value, issuedAt: issuedAt, keyVersion: keyVersion)
        case .accessOnly(let record):
            return try await reply(
                record: record, requested: request.scope, generation: nil, issuedAt: issuedAt, keyVersion: keyVersion)
        case .invalidScope:
            throw Refusal(.invalidScope, "A refresh can narrow the scope that was granted, not widen it.")
        case .refused(let reason):
            try await noteRefusal(reason, of: token.session, presentedBy: client, request: request)
            throw Self.refused(reason)
        }
    }

    /// Finds the session of a genuine refresh token of any generation. Changes nothing.
    package func lookup(refreshToken text: String) async throws -> RefreshTokenLookup? {
        guard let token = RefreshToken(text), masterKeys.contains(slot: token.slot),
            let record = try await store.session(token.session),
            token.isAuthentic(nonce: record.session.nonce, keys: masterKeys)
        else { return nil }
        return RefreshTokenLookup(record: record, generation: token.generation)
    }

    /// A replay is in the audit trail already, written with the revocation, and nobody's session is nobody's event.
    private func noteRefusal(
        _ reason: RefreshRefusalReason, of id: SessionID, presentedBy client: Client, request: RefreshRequest
    ) async throws {
        if reason == .replayed {
            audit.show(
                AuditEvent(
                    .refreshReplayed, at: clock.now(), actor: .system, session: id, client: client.id,
                    network: request.network))
        }
        guard reason != .replayed, reason != .unknown, let session = try await store.session(id)?.session else {
            return
        }
        // Whoever repeats a dead token must not buy a disk write with each request.
        try await audit.appendRepeatable(
            AuditEvent(
                .refreshRefused, at: clock.now(), actor: .client(client.id), user: session.user, session: session.id,
                client: client.id, network: request.network, details: ["reason": reason.rawValue]),
            subject: "refresh:\(session.id)")
    }

    /// The one refusal of a refresh token, with what the client should do about it.
    static func refused(_ reason: RefreshRefusalReason) -> Refusal {
        let sentence =
            switch reason {
            case .malformed: "This is not a refresh token of this server."
            case .unknown: "The session of this refresh token is not known here (it may have ended); sign in again."
            case .expired: "The session has expired; sign in again."
            case .revoked: "The session was ended; sign in again."
            case .replayed: "An old refresh token was used again, so the session was ended; sign in again."
            case .wrongClient: "The refresh token was issued to another client."
            case .wrongTransport: "This session refreshes by its own transport (cookie or body) only."
            }
        return Refusal(.invalidGrant, sentence, reason: reason)
    }
}

/// A value on its way from the writer's thread to whoever waits for the writer.
private final class HandedOver<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    var value: Value? {
        get { kept.withLock { $0 } }
        set { kept.withLock { $0 = newValue } }
    }
}
