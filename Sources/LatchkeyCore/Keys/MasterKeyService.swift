import LatchkeyTokens

/// The result of a master-key rotation.
package struct MasterKeyRotation: Sendable, Equatable {
    package let currentSlot: UInt8
    /// Slots that stay in the ring for refresh tokens issued under them.
    package let olderSlots: [UInt8]
    package let resealedKeys: Int
    package let resealedSecrets: Int
    package init(currentSlot: UInt8, olderSlots: [UInt8], resealedKeys: Int, resealedSecrets: Int) {
        self.currentSlot = currentSlot
        self.olderSlots = olderSlots
        self.resealedKeys = resealedKeys
        self.resealedSecrets = resealedSecrets
    }
}

/// Rotates the master key. The order ensures that a crash at any point leaves a key file that opens everything: the new
/// key is on disk before anything is sealed with it, and the old key is removed only when nothing needs it.
package struct MasterKeyService: Sendable {
    private let store: any Store
    private let ring: MasterKeyRing
    /// `nil` when the key came from the environment, which we cannot write.
    private let file: MasterKeyFile?
    private let keys: KeyRotationService
    private let directory: ClientDirectory
    private let revocations: RevocationLog
    private let clock: Clock

    package init(
        store: any Store, ring: MasterKeyRing, file: MasterKeyFile?, keys: KeyRotationService,
        directory: ClientDirectory, revocations: RevocationLog, clock: Clock
    ) {
        self.store = store
        self.ring = ring
        self.file = file
        self.keys = keys
        self.directory = directory
        self.revocations = revocations
        self.clock = clock
    }

    /// Adds a key, makes it current and re-seals everything with it. `leaked` also ends all sessions, runs the
    /// emergency key rotation and drops every older slot at once. Only one rotation runs at a time, and never while
    /// another task has sealed something that is not stored yet.
    /// - Throws: ``Refusal`` `conflict` when the key comes from the environment or the ring is full.
    package func rotate(leaked: Bool, actor: Actor) async throws -> MasterKeyRotation {
        try await ring.sealing { try await rotateInTurn(leaked: leaked, actor: actor) }
    }

    private func rotateInTurn(leaked: Bool, actor: Actor) async throws -> MasterKeyRotation {
        guard let file else {
            throw Refusal(
                .conflict,
                "The master key comes from LATCHKEY_MASTER_KEY, which the server cannot write. Move it into a key file (master_key_file), then rotate."
            )
        }
        let wider: MasterKeyRing
        do {
            // Everything at rest is sealed with the current key, so older slots serve only refresh tokens. A leak ends
            // those, and a full ring must not prevent it.
            let base = leaked && ring.slots.count == MasterKeyRing.slotCount ? ring.droppingOthers() : ring
            wider = try base.adding(.generate())
        } catch {
            throw Refusal(
                .conflict,
                "All 16 master-key slots are in use. The first line of the key file is the oldest: remove it when it is older than refresh.absolute_ttl, restart, then rotate."
            )
        }
        try file.write(wider)
        ring.replace(with: wider)
        // Values that no longer open must not keep working from memory, wherever this function ends.
        defer { directory.invalidate() }
        if leaked {
            _ = try await revocations.revoke(
                RevocationOrder(.all(sessions: true), reason: .masterKeyLeaked, actor: actor))
            try await keys.emergency(reason: .masterKeyLeaked, actor: actor)
        }
        let resealed = try await reseal(leaked: leaked, actor: actor)
        if leaked {
            let narrow = ring.droppingOthers()
            try file.write(narrow)
            ring.replace(with: narrow)
        }
        try await keys.reload()
        return MasterKeyRotation(
            currentSlot: ring.currentSlot, olderSlots: ring.slots.filter { $0 != ring.currentSlot },
            resealedKeys: resealed.signingKeys.count, resealedSecrets: resealed.clientSecrets.count)
    }

    private func reseal(leaked: Bool, actor: Actor) async throws -> SealedValues {
        for _ in 0..<8 {
            var values = try await store.sealedValues()
            values.signingKeys = try Dictionary(
                uniqueKeysWithValues: values.signingKeys.map { id, sealed in
                    (id, try reseal(sealed, purpose: .keyWrap, context: Array(id.description.utf8)))
                })
            values.clientSecrets = try values.clientSecrets.map { secret in
                SealedClientSecret(
                    client: secret.client,
                    sealed: try reseal(
                        secret.sealed, purpose: .clientSecret, context: Array(secret.client.description.utf8)),
                    createdAt: secret.createdAt, expiresAt: secret.expiresAt)
            }
            values.probe = try values.probe.map { try reseal($0, purpose: .probe, context: MasterKeyRing.probeText) }
            let event = AuditEvent(
                .masterKeyRotated, at: clock.now(), actor: actor,
                details: ["slot": "\(ring.currentSlot)", "leaked": "\(leaked)"])
            if try await store.reseal(values, event: event) { return values }
        }
        throw StoreUnavailable("keys or client secrets kept changing during the master-key rotation")
    }

    private func reseal(_ sealed: [UInt8], purpose: MasterKey.Purpose, context: [UInt8]) throws -> [UInt8] {
        try ring.seal(try ring.open(sealed, purpose: purpose, context: context), purpose: purpose, context: context)
    }
}
