package import LatchkeyTokens

/// Everything sealed with the master key.
package struct SealedValues: Sendable, Equatable {
    package var keyTableVersion: Int64
    package var signingKeys: [KeyID: [UInt8]]
    package var clientSecrets: [SealedClientSecret]
    package var probe: [UInt8]?
    package init(
        keyTableVersion: Int64, signingKeys: [KeyID: [UInt8]], clientSecrets: [SealedClientSecret], probe: [UInt8]?
    ) {
        self.keyTableVersion = keyTableVersion
        self.signingKeys = signingKeys
        self.clientSecrets = clientSecrets
        self.probe = probe
    }
}

/// The transactions that change signing keys, and the values that are sealed with the master key.
package enum KeyRules {
    /// - Returns: false, with nothing changed, when the table's version is no longer `change.basedOn`.
    static func change(_ change: KeyTableChange, _ ledger: any Ledger) throws -> Bool {
        guard try ledger.keys.version() == change.basedOn else { return false }
        // The active ones last: an algorithm never has two, not even between two statements.
        for key in change.rows.sorted(by: { $0.state != .active && $1.state == .active }) {
            try ledger.keys.upsert(key)
        }
        try ledger.keys.raiseVersion()
        let order = RevocationOrder(.all(sessions: false), reason: change.reason, actor: change.actor)
        for key in change.condemned { try RevocationRules.condemn(key, order, ledger) }
        if change.revokeAll { try RevocationRules.revoke(order, ledger) }
        for event in change.events { try AuditRules.append(event, ledger) }
        return true
    }

    /// A withdrawal that a promoted standby did not know. The schedule makes the next key.
    static func withdraw(_ id: KeyID, _ ledger: any Ledger) throws {
        guard var key = try ledger.keys.all(includingGone: true).first(where: { $0.id == id }), !key.withdrawn else {
            return
        }
        key.state = .gone
        key.sealedPrivateKey = nil
        key.goneAt = key.goneAt ?? ledger.instant
        key.withdrawn = true
        try ledger.keys.upsert(key)
        try ledger.keys.raiseVersion()
        try AuditRules.append(
            AuditEvent(
                .keyWithdrawn, at: ledger.instant, actor: .system,
                details: ["kid": key.id.description, "algorithm": key.algorithm.rawValue]),
            ledger)
    }

    /// Writes back re-sealed values; false when something changed in between.
    static func reseal(_ values: SealedValues, event: AuditEvent, _ ledger: any Ledger) throws -> Bool {
        guard values.describesSameRows(as: try sealedValues(ledger.keys, ledger.clients)) else { return false }
        for (id, sealed) in values.signingKeys { try ledger.keys.reseal(id, sealed) }
        for secret in values.clientSecrets { try ledger.clients.reseal(secret) }
        try ledger.keys.setMasterKeyProbe(values.probe)
        try ledger.keys.raiseVersion()
        try ledger.clients.raiseVersion()
        try AuditRules.append(event, ledger)
        return true
    }

    static func sealedValues(
        _ keys: any SigningKeyLook, _ clients: any ClientLook
    ) throws -> SealedValues {
        let sealed = try keys.all(includingGone: true).compactMap { key in
            key.sealedPrivateKey.map { (key.id, $0) }
        }
        return SealedValues(
            keyTableVersion: try keys.version(), signingKeys: Dictionary(uniqueKeysWithValues: sealed),
            clientSecrets: try clients.secrets(at: nil), probe: try keys.masterKeyProbe())
    }
}

extension SealedValues {
    /// Whether both hold the same keys and secrets, ignoring the key that sealed them. An expiry that was set in
    /// between counts as a change.
    fileprivate func describesSameRows(as other: SealedValues) -> Bool {
        func identity(_ secret: SealedClientSecret) -> [String] {
            [
                secret.client.description, String(secret.createdAt.milliseconds),
                secret.expiresAt.map { String($0.milliseconds) } ?? "",
            ]
        }
        return keyTableVersion == other.keyTableVersion && Set(signingKeys.keys) == Set(other.signingKeys.keys)
            && Set(clientSecrets.map(identity)) == Set(other.clientSecrets.map(identity))
            && (probe == nil) == (other.probe == nil)
    }
}

extension Store {
    /// Keys that are announced, active or retired; with `includingGone`, all.
    package func keyTable(includingGone: Bool) async throws -> KeyTable {
        try await read(snapshot: true) { looks in
            KeyTable(version: try looks.keys.version(), keys: try looks.keys.all(includingGone: includingGone))
        }
    }

    /// See ``KeyRules/change(_:_:)``.
    package func changeKeys(_ change: KeyTableChange) async throws -> Bool {
        try await write { try KeyRules.change(change, $0) }.value
    }

    /// Everything that is sealed with the master key, for a rotation.
    package func sealedValues() async throws -> SealedValues {
        try await read(snapshot: true) { try KeyRules.sealedValues($0.keys, $0.clients) }
    }

    /// See ``KeyRules/reseal(_:event:_:)``.
    package func reseal(_ values: SealedValues, event: AuditEvent) async throws -> Bool {
        try await write { try KeyRules.reseal(values, event: event, $0) }.value
    }

    /// A sealed probe that shows at start whether the master key is the right one; written on first use.
    package func masterKeyProbe() async throws -> [UInt8]? { try await read { try $0.keys.masterKeyProbe() } }

    /// Kept unless another node was first.
    package func setMasterKeyProbe(_ sealed: [UInt8]) async throws {
        try await write { ledger in
            if try ledger.keys.masterKeyProbe() == nil { try ledger.keys.setMasterKeyProbe(sealed) }
        }.value
    }
}
