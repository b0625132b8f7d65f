package import LatchkeyTokens

/// Management of clients by operators and administrators. Each method is durable on return.
package struct ClientService: Sendable {
    /// The longest time that an old secret may keep working after a rotation.
    package static let longestGrace: Duration = .seconds(30 * 86400)

    private let store: any Store
    private let directory: ClientDirectory
    private let masterKeys: MasterKeyRing
    private let keys: KeyRotationService
    private let settings: Settings
    private let clock: Clock

    package init(
        store: any Store, directory: ClientDirectory, masterKeys: MasterKeyRing, keys: KeyRotationService,
        settings: Settings, clock: Clock
    ) {
        self.store = store
        self.directory = directory
        self.masterKeys = masterKeys
        self.keys = keys
        self.settings = settings
        self.clock = clock
    }

    /// Registers a client. The secret of a confidential one is returned here and never again.
    /// - Throws: `invalid_request` with what to change, `conflict` when the id is taken.
    package func create(
        _ draft: ClientDraft, actor: Actor
    ) async throws -> (client: Client, secret: ClientSecret?) {
        let now = clock.now()
        let client = try draft.validated(settings: settings, at: now)
        let secret = client.kind == .confidential ? draft.secret ?? .generate() : nil
        try await changing {
            let sealed = try secret.map { try seal($0, for: client.id, at: now) }
            guard try await store.client(client.id) == nil else {
                throw Refusal(.conflict, "A client with this id exists: choose another id.")
            }
            try await prepare(for: client)
            try await store.createClient(
                client, secret: sealed, event: AuditEvent(.clientCreated, at: now, actor: actor, client: client.id))
        }
        return (client, secret)
    }

    /// Changes settings; the result is checked as a whole.
    /// - Throws: `not_found`, `conflict` for a client with a ``Client/problem``, `invalid_request` with what to change,
    ///   and what `change` throws.
    @discardableResult
    package func update(
        _ id: ClientID, actor: Actor, _ change: (inout ClientSettings) throws -> Void
    ) async throws -> Client {
        try await changing {
            var client = try await find(id)
            try client.requireReadable()
            try change(&client.settings)
            client = try ClientRules(settings: settings).validated(client)
            try await prepare(for: client)
            try await store.updateClient(
                client, event: AuditEvent(.clientUpdated, at: clock.now(), actor: actor, client: id))
            return client
        }
    }

    /// Disabling revokes the client's tokens and ends its sessions in the same transaction; enabling restores none of
    /// them.
    /// - Throws: `not_found`, `conflict` when a client with a ``Client/problem`` is to be enabled.
    @discardableResult
    package func setDisabled(_ id: ClientID, _ disabled: Bool, actor: Actor) async throws -> Client {
        try await changing { try await store.setClientDisabled(id, disabled, actor: actor) }
    }

    /// Deletes the client with its secrets and sessions, and revokes its tokens.
    /// - Throws: `not_found`.
    package func delete(_ id: ClientID, actor: Actor) async throws {
        try await changing { try await store.deleteClient(id, actor: actor) }
    }

    /// Gives a confidential client a new secret, which is returned here and never again. The old one works for `grace`
    /// longer (0 s to 30 d), so that instances can change over one by one.
    /// - Throws: `not_found`, `invalid_request` for a public client or a grace out of range.
    package func rotateSecret(_ id: ClientID, grace: Duration, actor: Actor) async throws -> ClientSecret {
        guard (.zero...Self.longestGrace).contains(grace) else {
            throw Refusal(.invalidRequest, "The grace period of the old secret must be 0 seconds to 30 days.")
        }
        let secret = ClientSecret.generate()
        try await changing {
            guard try await find(id).kind == .confidential else {
                throw Refusal(.invalidRequest, "A public client has no secret to rotate.")
            }
            let now = clock.now()
            try await store.rotateClientSecret(
                try seal(secret, for: id, at: now), previousExpiresAt: now + grace,
                event: AuditEvent(.clientSecretRotated, at: now, actor: actor, client: id))
        }
        return secret
    }

    /// - Throws: `not_found`.
    package func find(_ id: ClientID) async throws -> Client {
        guard let client = try await store.client(id) else {
            throw Refusal(.notFound, "There is no such client: check the id.")
        }
        return client
    }

    /// Newest first.
    package func page(_ page: PageRequest = PageRequest()) async throws -> Page<Client> {
        try await store.clients(page: page)
    }

    /// Clients that got a reserved id before it was reserved, one sentence each: for the operator.
    package func clashes() async throws -> [String] {
        try await directory.ids().filter(\.isReserved).sorted().map(\.clashSentence)
    }

    /// Settings that are allowed but perhaps not intended, one sentence each: for the administrator who registers the
    /// client.
    package func warnings(for client: Client) -> [String] {
        ClientWarnings(issuer: settings.issuer, sentences: settings.sentences).warnings(for: client)
    }

    /// Runs one change at a time, and makes every reader see it before its caller is answered. One at a time, because
    /// the token horizon is computed from all clients before one is written, and because of the secrets that are
    /// sealed.
    private func changing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await masterKeys.sealing {
            // Also after a failure: it may have happened after the commit.
            defer { directory.invalidate() }
            return try await body()
        }
    }

    /// Before the client's first token can exist: the token horizon covers it, and the JWKS has keys of its algorithm,
    /// for services that fetch it when the client is registered.
    private func prepare(for client: Client) async throws {
        let lifetimes = [
            settings.tokens.accessLifetime, client.accessLifetime, try await directory.longestAccessLifetime(),
        ]
        let longest = lifetimes.compactMap { $0 }.max() ?? settings.tokens.accessLifetime
        try await store.setTokenHorizon(longest, skew: settings.tokens.maxSkew)
        if let algorithm = client.algorithm { try await keys.ensure(algorithm) }
        // Published before the first ID token: a relying party may have read the key set already.
        if client.usesIDTokens { try await keys.ensure(client.signsIDTokensWith) }
    }

    private func seal(_ secret: ClientSecret, for id: ClientID, at now: Timestamp) throws -> SealedClientSecret {
        let sealed = try masterKeys.seal(
            secret.digest, purpose: .clientSecret, context: Array(id.description.utf8))
        return SealedClientSecret(client: id, sealed: sealed, createdAt: now, expiresAt: nil)
    }
}
