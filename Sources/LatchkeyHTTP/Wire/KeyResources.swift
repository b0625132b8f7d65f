/// A signing key with its timeline. Never with its private half.
package struct KeyResource: Codable, Sendable, Equatable {
    package let kid: String
    package let algorithm: String
    /// `announced`, `active`, `retired` or `gone`.
    package let state: String
    /// Taken out by an emergency rotation.
    package let withdrawn: Bool
    /// Unix seconds, as all times here.
    package let announcedAt: Int64
    package let activatedAt: Int64?
    package let retiredAt: Int64?
    package let goneAt: Int64?
    /// From when an announced key may sign.
    package let maySignAt: Int64?
    /// When an active key's turn is over by the schedule.
    package let retiresAt: Int64?

    package init(
        kid: String, algorithm: String, state: String, withdrawn: Bool, announcedAt: Int64, activatedAt: Int64?,
        retiredAt: Int64?, goneAt: Int64?, maySignAt: Int64?, retiresAt: Int64?
    ) {
        self.kid = kid
        self.algorithm = algorithm
        self.state = state
        self.withdrawn = withdrawn
        self.announcedAt = announcedAt
        self.activatedAt = activatedAt
        self.retiredAt = retiredAt
        self.goneAt = goneAt
        self.maySignAt = maySignAt
        self.retiresAt = retiresAt
    }

    enum CodingKeys: String, CodingKey {
        case kid, algorithm, state, withdrawn
        case announcedAt = "announced_at"
        case activatedAt = "activated_at"
        case retiredAt = "retired_at"
        case goneAt = "gone_at"
        case maySignAt = "may_sign_at"
        case retiresAt = "retires_at"
    }
}

/// `POST /api/v1/admin/keys/rotate`; answers with the keys afterwards. The body may be empty.
package struct KeyRotate: Codable, Sendable {
    /// `ES256`, `EdDSA`, `PS256` or `RS256`. Absent: all in use.
    package let algorithm: String?
    /// For a stolen key: withdraw at once and condemn. Absent: false.
    package let emergency: Bool?
    /// With `emergency`: only this `kid`.
    package let only: String?

    package init(algorithm: String? = nil, emergency: Bool? = nil, only: String? = nil) {
        self.algorithm = algorithm
        self.emergency = emergency
        self.only = only
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case algorithm, emergency, only
    }
}

/// `POST /api/v1/admin/keys/import`; answers 201 with the ``KeyResource``.
package struct KeyImport: Codable, Sendable {
    /// An unencrypted private key as PEM (PKCS#8, or SEC 1 and PKCS#1).
    package let pem: SecretText
    /// Needed for an RSA key that is to sign other than the issuer's default.
    package let algorithm: String?

    package init(pem: SecretText, algorithm: String? = nil) {
        self.pem = pem
        self.algorithm = algorithm
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case pem, algorithm
    }
}

/// `POST /api/v1/admin/master-key/rotate`; the body may be empty.
package struct MasterKeyRotate: Codable, Sendable {
    /// The old key is known to others: drop it, end all sessions, rotate signing keys. Absent: false.
    package let leaked: Bool?

    package init(leaked: Bool? = nil) { self.leaked = leaked }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case leaked
    }
}

/// The answer to `POST /api/v1/admin/master-key/rotate`.
package struct MasterKeyRotated: Codable, Sendable, Equatable {
    package let currentSlot: Int
    /// Slots that stay in the ring for refresh tokens issued under them.
    package let olderSlots: [Int]
    package let resealedKeys: Int
    package let resealedSecrets: Int

    package init(currentSlot: Int, olderSlots: [Int], resealedKeys: Int, resealedSecrets: Int) {
        self.currentSlot = currentSlot
        self.olderSlots = olderSlots
        self.resealedKeys = resealedKeys
        self.resealedSecrets = resealedSecrets
    }

    enum CodingKeys: String, CodingKey {
        case currentSlot = "current_slot"
        case olderSlots = "older_slots"
        case resealedKeys = "resealed_keys"
        case resealedSecrets = "resealed_secrets"
    }
}
