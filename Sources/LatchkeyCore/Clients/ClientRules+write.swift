package import LatchkeyTokens

/// What happens in the transactions that change clients.
extension ClientRules {
    static func create(
        _ client: Client, secret: SealedClientSecret?, event: AuditEvent, _ ledger: any Ledger
    ) throws {
        var client = client
        // A client with this id may have existed: its log entries still match, so the new one starts after them.
        client.issuedBefore = try ledger.revocations.latestMark(of: client.id)
        guard try ledger.clients.insert(client) else {
            throw Refusal(.conflict, "A client with this id exists already; choose another id.")
        }
        if let secret { try insert(secret, ledger) }
        try ledger.clients.raiseVersion()
        try AuditRules.append(event, ledger)
    }

    static func update(_ client: Client, event: AuditEvent, _ ledger: any Ledger) throws {
        try existing(client.id, ledger).requireReadable()
        try ledger.clients.update(client)
        try ledger.clients.raiseVersion()
        try AuditRules.append(event, ledger)
    }

    /// Disabling revokes the client's tokens and ends its sessions.
    static func setDisabled(
        _ id: ClientID, _ disabled: Bool, actor: Actor, _ ledger: any Ledger
    ) throws -> Client {
        let client = try existing(id, ledger)
        if !disabled { try client.requireReadable() }
        guard client.disabled != disabled else { return client }
        try ledger.clients.setDisabled(id, disabled)
        if disabled {
            try RevocationRules.revoke(RevocationOrder(.client(id), reason: .clientDisabled, actor: actor), ledger)
        }
        try ledger.clients.raiseVersion()
        try note(disabled ? .clientDisabled : .clientEnabled, id, actor, ledger)
        return try existing(id, ledger)
    }

    static func delete(_ id: ClientID, actor: Actor, _ ledger: any Ledger) throws {
        _ = try existing(id, ledger)
        try RevocationRules.revoke(RevocationOrder(.client(id), reason: .clientDeleted, actor: actor), ledger)
        try ledger.clients.delete(id)
        try ledger.clients.raiseVersion()
        try note(.clientDeleted, id, actor, ledger)
    }

    /// The new secret becomes current; all others expire at `previousExpiresAt` at the latest.
    static func rotate(
        _ secret: SealedClientSecret, previousExpiresAt: Timestamp, event: AuditEvent, _ ledger: any Ledger
    ) throws {
        _ = try existing(secret.client, ledger)
        try ledger.clients.expireSecrets(of: secret.client, at: previousExpiresAt)
        try insert(secret, ledger)
        try ledger.clients.raiseVersion()
        try AuditRules.append(event, ledger)
    }

    private static func insert(_ secret: SealedClientSecret, _ ledger: any Ledger) throws {
        guard try ledger.clients.insert(secret) else {
            throw Refusal(.conflict, "The secret was rotated at the same moment; try again.")
        }
    }

    /// Makes sure that the server's own client exists.
    /// - Returns: false when an application has its id.
    static func ensureBuiltIn(_ id: ClientID, _ ledger: any Ledger) throws -> Bool {
        if try ledger.clients.isBuiltIn(id) { return true }
        try ledger.clients.insertBuiltIn(id, at: ledger.instant)
        return try ledger.clients.isBuiltIn(id)
    }

    /// - Throws: `Refusal(.notFound)`.
    private static func existing(_ id: ClientID, _ ledger: any Ledger) throws -> Client {
        guard let client = try ledger.clients.find(id), try !ledger.clients.isBuiltIn(id) else {
            throw Refusal(.notFound, "There is no such client.")
        }
        return client
    }

    private static func note(
        _ kind: AuditEvent.Kind, _ client: ClientID, _ actor: Actor, _ ledger: any Ledger
    ) throws {
        try AuditRules.append(AuditEvent(kind, at: ledger.instant, actor: actor, client: client), ledger)
    }
}

extension Store {
    /// - Throws: `conflict` when the id is taken.
    package func createClient(_ client: Client, secret: SealedClientSecret?, event: AuditEvent) async throws {
        try await write { try ClientRules.create(client, secret: secret, event: event, $0) }.value
    }

    /// - Throws: `not_found`, as the methods below.
    package func updateClient(_ client: Client, event: AuditEvent) async throws {
        try await write { try ClientRules.update(client, event: event, $0) }.value
    }

    /// Disabling revokes the client's tokens and ends its sessions in the same transaction.
    package func setClientDisabled(_ id: ClientID, _ disabled: Bool, actor: Actor) async throws -> Client {
        try await write { try ClientRules.setDisabled(id, disabled, actor: actor, $0) }.value
    }

    package func deleteClient(_ id: ClientID, actor: Actor) async throws {
        try await write { try ClientRules.delete(id, actor: actor, $0) }.value
    }

    /// The new secret becomes current; all others expire at `previousExpiresAt` at the latest.
    package func rotateClientSecret(
        _ secret: SealedClientSecret, previousExpiresAt: Timestamp, event: AuditEvent
    ) async throws {
        try await write { ledger in
            try ClientRules.rotate(secret, previousExpiresAt: previousExpiresAt, event: event, ledger)
        }.value
    }

    /// See ``ClientRules/ensureBuiltIn(_:_:)``.
    package func ensureBuiltInClient(_ id: ClientID) async throws -> Bool {
        if try await read({ try $0.clients.isBuiltIn(id) }) { return true }
        return try await write { try ClientRules.ensureBuiltIn(id, $0) }.value
    }

    /// Without the server's own.
    package func client(_ id: ClientID) async throws -> Client? {
        try await read { try $0.clients.isBuiltIn(id) ? nil : $0.clients.find(id) }
    }

    /// The secrets of all clients that still work, newest first.
    package func clientSecrets() async throws -> [ClientID: [SealedClientSecret]] {
        let now = clock.now()
        return Dictionary(grouping: try await read { try $0.clients.secrets(at: now) }, by: \.client)
    }

    /// Newest first.
    package func clients(page: PageRequest) async throws -> Page<Client> {
        let before = try PageCursor.number(page)
        let rows = try await read { try $0.clients.page(before: before, limit: page.limit + 1) }
        let numbered = Page(rows, limit: page.limit) { PageCursor.encode($0.number) }
        return Page(items: numbered.items.map(\.client), nextCursor: numbered.nextCursor)
    }

    /// Grows with every change of any client; caches of clients use it to notice changes.
    package func clientsVersion() async throws -> Int64 { try await read { try $0.clients.version() } }
}
