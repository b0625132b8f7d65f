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
        let wider =
            if let ready = try await prepared(file, leaked: leaked) { ready } else { try widened(leaked: leaked) }
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
        try await store.sharing?.note(ring.fingerprints)
        try await keys.reload()
        return MasterKeyRotation(
            currentSlot: ring.currentSlot, olderSlots: ring.slots.filter { $0 != ring.currentSlot },
            resealedKeys: resealed.signingKeys.count, resealedSecrets: resealed.clientSecrets.count)
    }

    private func widened(leaked: Bool) throws -> MasterKeyRing {
        do {
            // Everything at rest is sealed with the current key, so older slots serve only refresh tokens. A leak ends
            // those, and a full ring must not prevent it.
            let base = leaked && ring.slots.count == MasterKeyRing.slotCount ? ring.droppingOthers() : ring
            return try base.adding(.generate())
        } catch {
            throw Self.full
        }
    }

    /// Beside other nodes a new key is brought to all of them before one seals with it: the first call writes it into
    /// this node's file, and the one after that uses it.
    /// - Returns: the ring with the prepared key as the current one; nil when nothing hinders a new one.
    private func prepared(_ file: MasterKeyFile, leaked: Bool) async throws -> MasterKeyRing? {
        guard let sharing = store.sharing else { return nil }
        let others = try await sharing.nodes().filter { $0.isLiving && !$0.id.utf8.elementsEqual(sharing.node.utf8) }
        // A key that waited in a file which has leaked is no new one.
        guard !others.isEmpty else { return leaked ? nil : ring.usingPrepared() }
        guard !leaked else {
            throw Refusal(
                .conflict,
                "Other nodes serve with the leaked key: stop them, rotate, and start them with a copy of this node's key file."
            )
        }
        guard let slot = ring.prepared, let ready = ring.usingPrepared() else {
            let wider: MasterKeyRing
            do { wider = try ring.preparing(.generate()) } catch { throw Self.full }
            try file.write(wider)
            ring.replace(with: wider)
            try await sharing.note(ring.fingerprints)
            throw Refusal(
                .conflict,
                "A new key now waits in the key file of this node: copy that file to every node, restart them one after the other, and rotate again."
            )
        }
        let print = ring.fingerprints.slots[slot]
        let missing = others.filter { $0.masterKeys.slots[slot] != print }.map(\.name)
        guard missing.isEmpty else {
            throw Refusal(
                .conflict,
                "Slot \(slot) of the master key is missing on: \(missing.joined(separator: ", ")). Copy this node's key file there, restart those nodes, and rotate again."
            )
        }
        return ready
    }

    private static let full = Refusal(
        .conflict,
        "All 16 master-key slots are in use. The first line of the key file is the oldest: remove it when it is older than refresh.absolute_ttl, restart, then rotate."
    )

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
