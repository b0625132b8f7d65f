package import LatchkeyTokens

/// A refresh token on its way to the writer, with everything needed to judge it.
package struct SessionRotation: Sendable {
    /// It has our format; whether the tag is genuine depends on the session's nonce.
    package let token: RefreshToken
    package let client: ClientID
    package let transport: Session.Transport
    package let network: String
    package let policy: RefreshPolicy
    /// The scope of the requested access token; `nil` for the session's.
    package let scope: Scope?
    package let masterKeys: MasterKeyRing
    package let settings: Settings

    package init(
        token: RefreshToken, client: ClientID, transport: Session.Transport, network: String, policy: RefreshPolicy,
        scope: Scope?, masterKeys: MasterKeyRing, settings: Settings
    ) {
        self.token = token
        self.client = client
        self.transport = transport
        self.network = network
        self.policy = policy
        self.scope = scope
        self.masterKeys = masterKeys
        self.settings = settings
    }
}

/// The answer to a genuine refresh token.
package struct RefreshAnswer: Sendable {
    package enum Kind: Sendable, Equatable {
        /// A new generation was written.
        case rotated
        /// Nothing was written; the token of the current generation is sent again.
        case sameSuccessor(elsewhere: Bool)
        /// Nothing was written; only an access token is sent.
        case accessOnly
        /// A fork was written.
        case recovered
        /// The database had gone backwards; it was moved forward beyond the presented generation.
        case rolledBack
    }

    package let kind: Kind
    /// The record as it is now; ``Session/Lineage/current`` is the generation to answer with.
    package let record: SessionRecord
    /// What the access token may say.
    package let grant: TokenGrant
    /// The key that checked the presented token, and that can make its successor.
    package let key: RefreshTokenKey
    package let stamp: IssuanceStamp
}

package enum RotationOutcome: Sendable {
    case answered(RefreshAnswer)
    case refused(RefreshRefusalReason)
    /// The scope is wider than what was granted; nothing was written.
    case invalidScope
}

extension SessionRules {
    /// What to do about a presented refresh token: pure, and the same for every store.
    ///
    /// Checked in this order, and the first failure is the answer: the token's tag, client binding, transport, state of
    /// session, user and client, expiry, then the generation (``RefreshDecision``). The scope comes last, so that a
    /// scope that cannot be granted does not cost the client its token.
    enum Verdict {
        case refuse(RefreshRefusalReason)
        case invalidScope
        /// End the session.
        case replay(behind: UInt32, age: Duration)
        case exhausted
        /// Answer, after writing the lineage if there is one.
        case answer(RefreshAnswer.Kind, Session.Lineage?, TokenGrant, RefreshTokenKey)
    }

    /// - Parameters:
    ///   - record: the session that the token names.
    ///   - now: the store's clock.
    /// - Throws: ``Refusal`` `invalid_scope` when nothing of the granted scope is left.
    static func judge(
        _ record: SessionRecord, _ request: SessionRotation, now: Timestamp
    ) throws(Refusal) -> Verdict {
        let session = record.session
        let token = request.token
        let key = RefreshTokenKey(
            slot: token.slot, session: token.session, nonce: session.nonce, keys: request.masterKeys)
        guard let key, key.isAuthentic(token) else { return .refuse(.malformed) }
        guard session.client == request.client else { return .refuse(.wrongClient) }
        guard session.transport == request.transport else { return .refuse(.wrongTransport) }
        switch SessionValidity.judge(record, idleLifetime: request.policy.idleLifetime, now: now) {
        case .revoked: return .refuse(.revoked)
        case .expired: return .refuse(.expired)
        case .valid: break
        }
        let decision = RefreshDecision.decide(
            lineage: session.lineage, presented: token.generation, transport: session.transport,
            network: request.network, policy: request.policy, now: now)
        let answer: (kind: RefreshAnswer.Kind, lineage: Session.Lineage?)
        switch decision {
        case .replay(let behind, let age): return .replay(behind: behind, age: age)
        case .exhausted: return .exhausted
        case .rotate(let lineage): answer = (.rotated, lineage)
        case .sameSuccessor(let elsewhere): answer = (.sameSuccessor(elsewhere: elsewhere), nil)
        case .accessOnly: answer = (.accessOnly, nil)
        case .recover(let lineage): answer = (.recovered, lineage)
        case .fastForward(let lineage): answer = (.rolledBack, lineage)
        }
        if let scope = request.scope, !scope.isSubset(of: session.scope) { return .invalidScope }
        let grant = try record.client.tokenGrant(
            held: session.scope, requested: request.scope, user: record.user, settings: request.settings)
        return .answer(answer.kind, answer.lineage, grant, key)
    }

    /// One refresh. The gate is asked last, so that a refusal or a replay never waits for the clock. A replay is revoked
    /// in this transaction. Documentation.docc/RefreshTokens.md has the table; RFC 6749 6, RFC 9700 4.14.2.
    static func rotate(_ request: SessionRotation, _ ledger: any Ledger) throws -> Issuance<RotationOutcome> {
        guard let record = try ledger.sessions.find(request.token.session) else {
            return .settled(.refused(.unknown))
        }
        switch try judge(record, request, now: ledger.instant) {
        case .refuse(let reason): return .settled(.refused(reason))
        case .invalidScope: return .settled(.invalidScope)
        case .replay(let behind, let age):
            let details = ["behind": String(behind), "age_seconds": String(age.components.seconds)]
            try note(.refreshReplayed, record, request, details, ledger)
            try end(record, .replay, ledger)
            return .settled(.refused(.replayed))
        case .exhausted:
            try end(record, .expired, ledger)
            return .settled(.refused(.expired))
        case .answer(let kind, let lineage, let grant, let key):
            return try ledger.issue(record.user.issuedBefore, record.client.issuedBefore) { stamp in
                try note(kind, lineage, record, request, ledger)
                var answer = record
                if let lineage {
                    answer.session.lineage = lineage
                    try ledger.sessions.advance(record.session, to: lineage)
                }
                return .answered(RefreshAnswer(kind: kind, record: answer, grant: grant, key: key, stamp: stamp))
            }
        }
    }

    /// Audits unusual outcomes.
    private static func note(
        _ kind: RefreshAnswer.Kind, _ lineage: Session.Lineage?, _ record: SessionRecord, _ request: SessionRotation,
        _ ledger: any Ledger
    ) throws {
        let current = String(record.session.lineage.current)
        switch kind {
        case .rotated, .sameSuccessor, .accessOnly: return
        case .recovered:
            let details = ["skipped": current, "count": String(lineage?.recoveries ?? 0)]
            try note(.refreshRecovered, record, request, details, ledger)
        case .rolledBack:
            let details = ["presented": String(request.token.generation), "stored": current]
            try note(.storeRolledBack, record, request, details, ledger)
        }
    }

    private static func note(
        _ kind: AuditEvent.Kind, _ record: SessionRecord, _ request: SessionRotation, _ details: [String: String],
        _ ledger: any Ledger
    ) throws {
        try AuditRules.append(
            record.event(kind, at: ledger.instant, network: request.network, details: details), ledger)
    }

    private static func end(_ record: SessionRecord, _ reason: RevocationReason, _ ledger: any Ledger) throws {
        try RevocationRules.revoke(
            RevocationOrder(.session(record.session.id), reason: reason, actor: .system), ledger)
    }
}

extension SessionRecord {
    /// An event about this session without a particular actor.
    func event(
        _ kind: AuditEvent.Kind, at instant: Timestamp, network: String, details: [String: String] = [:]
    ) -> AuditEvent {
        AuditEvent(
            kind, at: instant, actor: .system, user: user.id, session: session.id, client: client.id,
            network: network, details: details)
    }
}

extension Store {
    /// One refresh: see ``SessionRules/rotate(_:_:)``. Durable on return.
    package func rotateSession(_ request: SessionRotation) async throws -> Issuance<RotationOutcome> {
        let issuance = try await rotate(request)
        if case .settled(.answered(let answer)) = issuance, answer.kind == .sameSuccessor(elsewhere: true) {
            // This answer writes nothing and does not wait for the disk. The note is written later and may be lost.
            let event = answer.record.event(
                .refreshReusedElsewhere, at: answer.stamp.issuedAt, network: request.network)
            later { try AuditRules.append(event, $0) }
        }
        return issuance
    }
}
