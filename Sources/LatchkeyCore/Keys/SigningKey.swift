package import LatchkeyTokens

/// A signing key's row: its public half, its sealed private half while it may sign, and its timeline.
package struct SigningKeyRecord: Sendable, Equatable {
    package enum State: String, Sendable {
        /// In the JWKS, may not sign yet.
        case announced
        /// Signs.
        case active
        /// In the JWKS until the last token that it signed has expired; its private half is destroyed.
        case retired
        /// Out of the JWKS; the public half is kept.
        case gone
    }

    package let id: KeyID
    package let algorithm: JWSAlgorithm
    package var state: State
    /// The public JWK as JSON (public members only).
    package let publicKey: [UInt8]
    /// The private key sealed by ``MasterKeyRing``; `nil` from `retired` on.
    package var sealedPrivateKey: [UInt8]?
    package let announcedAt: Timestamp
    package var activatedAt: Timestamp?
    package var retiredAt: Timestamp?
    package var goneAt: Timestamp?
    /// Removed by an emergency rotation: revocation documents signed with it are condemned too.
    package var withdrawn: Bool

    package init(
        id: KeyID, algorithm: JWSAlgorithm, state: State, publicKey: [UInt8], sealedPrivateKey: [UInt8]?,
        announcedAt: Timestamp, activatedAt: Timestamp? = nil, retiredAt: Timestamp? = nil, goneAt: Timestamp? = nil,
        withdrawn: Bool = false
    ) {
        self.id = id
        self.algorithm = algorithm
        self.state = state
        self.publicKey = publicKey
        self.sealedPrivateKey = sealedPrivateKey
        self.announcedAt = announcedAt
        self.activatedAt = activatedAt
        self.retiredAt = retiredAt
        self.goneAt = goneAt
        self.withdrawn = withdrawn
    }
}

/// The key table as read in one transaction.
package struct KeyTable: Sendable {
    /// Grows with every change of the table.
    package let version: Int64
    /// All keys that are not `gone`, and those keys that are gone and were requested.
    package let keys: [SigningKeyRecord]
    package init(version: Int64, keys: [SigningKeyRecord]) {
        self.version = version
        self.keys = keys
    }
}

/// A planned change of the key table, applied in one transaction if the table still has `basedOn`'s version.
package struct KeyTableChange: Sendable {
    package let basedOn: Int64
    /// Rows to insert or to replace, by id.
    package let rows: [SigningKeyRecord]
    /// `key` entries to write, for withdrawn keys.
    package let condemned: [KeyID]
    /// Whether to write `all` too (the honest tokens of a withdrawn key).
    package let revokeAll: Bool
    package let events: [AuditEvent]
    package let reason: RevocationReason
    package let actor: Actor

    package init(
        basedOn: Int64, rows: [SigningKeyRecord], condemned: [KeyID] = [], revokeAll: Bool = false,
        events: [AuditEvent], reason: RevocationReason = .emergencyRotation, actor: Actor
    ) {
        self.basedOn = basedOn
        self.rows = rows
        self.condemned = condemned
        self.revokeAll = revokeAll
        self.events = events
        self.reason = reason
        self.actor = actor
    }
}
