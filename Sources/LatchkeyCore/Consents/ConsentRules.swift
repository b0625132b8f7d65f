package import LatchkeyTokens

/// The transactions that give consent and take it back.
package enum ConsentRules {
    /// Adds to what the user lets the client have.
    static func grant(_ scope: Scope, to client: ClientID, by user: UserID, _ ledger: any Ledger) throws {
        let before = try ledger.consents.find(user, client)?.scope ?? Scope()
        let added = scope.tokens.filter { !before.contains($0) }
        guard let together = Scope(tokens: before.tokens + added) else {
            throw Refusal(.invalidScope, "The scope is too long.")
        }
        try ledger.consents.put(
            Consent(user: user, client: client, scope: together, grantedAt: ledger.instant))
        try AuditRules.append(
            AuditEvent(
                .consentGranted, at: ledger.instant, actor: .user(user), user: user, client: client,
                details: ["scope": scope.description]),
            ledger)
    }

    /// Takes everything back, and ends the sessions that rest on it, with those that would still begin.
    /// - Returns: whether there was anything.
    static func remove(of client: ClientID, by user: UserID, _ ledger: any Ledger) throws -> Bool {
        let hadConsent = try ledger.consents.remove(user, client)
        try ledger.codes.removeUnused(of: user, client: client)
        var ended = 0
        var orders: [SessionID] = []
        try ledger.sessions.walk(of: user, before: nil, limit: SessionRules.scanLimit) { record in
            if record.client.id == client, !record.isEnded { orders.append(record.session.id) }
            return .on
        }
        for id in orders {
            let order = RevocationOrder(.session(id), reason: .consentRemoved, actor: .user(user))
            if case .revoked = try RevocationRules.revoke(order, ledger) { ended += 1 }
        }
        if hadConsent {
            try AuditRules.append(
                AuditEvent(.consentRemoved, at: ledger.instant, actor: .user(user), user: user, client: client), ledger)
        }
        return hadConsent || ended > 0
    }
}

extension Store {
    package func consent(of user: UserID, to client: ClientID) async throws -> Consent? {
        try await read { try $0.consents.find(user, client) }
    }

    /// The latest first.
    package func consents(of user: UserID) async throws -> [Consent] {
        try await read { try $0.consents.all(of: user) }
    }

    /// See ``ConsentRules/remove(of:by:_:)``. Durable on return.
    /// - Returns: the entries of the ended sessions; nil when there was nothing.
    package func removeConsent(of client: ClientID, by user: UserID) async throws -> [RevocationRecord]? {
        let written = try await write(.user(user)) { try ConsentRules.remove(of: client, by: user, $0) }
        return written.value ? written.records : nil
    }
}
