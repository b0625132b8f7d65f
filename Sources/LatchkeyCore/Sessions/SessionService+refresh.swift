package import LatchkeyTokens
import Logging

/// A refresh as the HTTP layer parsed it. The client is known and, when confidential, authenticated.
package struct RefreshRequest: Sendable {
    package var token: String
    package var client: Client
    /// Narrows the scope of this one access token.
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

/// A refresh token whose tag is genuine, whatever the state of its session.
package struct RefreshTokenLookup: Sendable {
    package let record: SessionRecord
    package let generation: UInt32
}

extension SessionService {
    /// Advances the session by one generation and returns the successor, or the outcome that the generation table
    /// requires instead. Durable on return. RFC 6749 6, RFC 9700 4.14.2.
    ///
    /// - Throws: ``Refusal`` `invalid_grant` with its reason, `invalid_scope`, `unauthorized_client`, `clock_set_back`.
    package func refresh(_ request: RefreshRequest) async throws -> TokenReply {
        let client = request.client
        guard client.grants.contains(.refreshToken) else {
            throw Refusal(.unauthorizedClient, "This client may not use the refresh_token grant.")
        }
        // No I/O for text that is not a token of ours; a forged tag costs the writer one look at the session.
        guard let token = RefreshToken(request.token), masterKeys.contains(slot: token.slot) else {
            throw Self.refused(.malformed)
        }
        let policy = RefreshPolicy(
            reuseWindow: settings.refresh.reuseWindow, recoveryLimit: settings.refresh.recoveryLimit,
            idleLifetime: idleLifetime(of: client))
        let rotation = SessionRotation(
            token: token, client: client.id, transport: request.transport, network: request.network, policy: policy,
            scope: request.scope, masterKeys: masterKeys, settings: settings)
        switch try await IssuanceLoop(clock: clock).run({ try await store.rotateSession(rotation) }) {
        case .answered(let answer):
            note(answer, network: request.network)
            return try await reply(
                answer.record, answer.grant, answer.stamp,
                generation: answer.kind == .accessOnly ? nil : answer.record.session.lineage.current, key: answer.key)
        case .invalidScope:
            throw Refusal(.invalidScope, "A refresh can narrow the granted scope, but not widen it.")
        case .refused(let reason):
            try await noteRefusal(reason, of: token.session, presentedBy: client, request: request)
            throw Self.refused(reason)
        }
    }

    /// Reports outcomes that operators should hear of.
    private func note(_ answer: RefreshAnswer, network: String) {
        switch answer.kind {
        case .rotated, .accessOnly, .recovered: return
        case .sameSuccessor(let elsewhere):
            noteReuse(answer.record, elsewhere: elsewhere, network: network, at: answer.stamp.issuedAt)
        case .rolledBack:
            logger.critical(
                "a refresh token is newer than the database: was an old copy of the database put back?",
                metadata: ["lk.session": "\(answer.record.session.id)"])
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

    /// A replay is already in the audit trail, written with the revocation. Without a session there is nothing to
    /// attach an event to.
    private func noteRefusal(
        _ reason: RefreshRefusalReason, of id: SessionID, presentedBy client: Client, request: RefreshRequest
    ) async throws {
        if reason == .replayed {
            audit.show(
                AuditEvent(
                    .refreshReplayed, at: clock.now(), actor: .system, session: id, client: client.id,
                    network: request.network))
        }
        // A forged token says nothing about the session, and must not cause a disk write.
        guard reason != .replayed, reason != .unknown, reason != .malformed,
            let session = try await store.session(id)?.session
        else {
            return
        }
        // Repeating a dead token must not cause a disk write with each request.
        try await audit.appendRepeatable(
            AuditEvent(
                .refreshRefused, at: clock.now(), actor: .client(client.id), user: session.user, session: session.id,
                client: client.id, network: request.network, details: ["reason": reason.rawValue]),
            subject: "refresh:\(session.id)")
    }

    /// The only refusal of a refresh token, with what the client should do about it.
    static func refused(_ reason: RefreshRefusalReason) -> Refusal {
        let sentence =
            switch reason {
            case .malformed: "This is not a refresh token of this server."
            case .unknown: "The session of this refresh token is unknown (it may have ended); sign in again."
            case .expired: "The session has expired; sign in again."
            case .revoked: "The session was ended; sign in again."
            case .replayed: "An old refresh token was used again, so the session was ended; sign in again."
            case .wrongClient: "The refresh token was issued to another client."
            case .wrongTransport: "This session refreshes by its own transport (cookie or body) only."
            }
        return Refusal(.invalidGrant, sentence, reason: reason)
    }
}
