import LatchkeyTokens

/// A signing key with its timeline. Never with its private half.
package struct KeyResource: WireObject, Equatable {
    package let kid: String
    package let algorithm: String
    package let state: String
    package let withdrawn: Bool
    package let announcedAt: Int64
    package let activatedAt: Int64?
    package let retiredAt: Int64?
    package let goneAt: Int64?
    package let maySignAt: Int64?
    package let retiresAt: Int64?

    package static let schema = ObjectSchema(
        resource: "Key", "A signing key with its timeline.", KeyResource.init,
        Member("kid", \.kid),
        Member("algorithm", \.algorithm, as: .choice(of: JWSAlgorithm.self)),
        Member("state", \.state, as: .choice(["announced", "active", "retired", "gone"])),
        Member("withdrawn", \.withdrawn, "Withdrawn by an emergency rotation."),
        Member("announced_at", \.announcedAt, Meaning.instant),
        Member("activated_at", \.activatedAt, Meaning.instant),
        Member("retired_at", \.retiredAt, Meaning.instant),
        Member("gone_at", \.goneAt, Meaning.instant),
        Member("may_sign_at", \.maySignAt, "When an announced key may begin to sign, Unix seconds."),
        Member("retires_at", \.retiresAt, "When the schedule retires an active key, Unix seconds."))
}

/// `POST /api/v1/admin/keys/rotate`; answers with the keys afterwards. The body may be empty.
package struct KeyRotate: WireObject {
    package let algorithm: String?
    package let emergency: Bool?
    package let only: String?

    package init(algorithm: String? = nil, emergency: Bool? = nil, only: String? = nil) {
        self.algorithm = algorithm
        self.emergency = emergency
        self.only = only
    }

    package static let schema = ObjectSchema(
        body: "KeyRotate", "How to rotate.", KeyRotate.init,
        Member("algorithm", \.algorithm, "Absent: all in use.", as: .choice(of: JWSAlgorithm.self)),
        Member("emergency", \.emergency, "For a stolen key: withdraw at once and condemn. Absent: false."),
        Member("only", \.only, "With emergency: only this kid."))
}

/// `POST /api/v1/admin/keys/import`; answers 201 with the ``KeyResource``.
package struct KeyImport: WireObject {
    package let pem: SecretText
    package let algorithm: String?

    package init(pem: SecretText, algorithm: String? = nil) {
        self.pem = pem
        self.algorithm = algorithm
    }

    package static let schema = ObjectSchema(
        body: "KeyImport", "A private key.", KeyImport.init,
        Member("pem", \.pem, "Unencrypted PEM: PKCS#8, or SEC 1 and PKCS#1."),
        Member(
            "algorithm", \.algorithm, "Required when an RSA key is for another algorithm than the issuer's default.",
            as: .choice(of: JWSAlgorithm.self)))
}

/// `POST /api/v1/admin/master-key/rotate`; the body may be empty.
package struct MasterKeyRotate: WireObject {
    package let leaked: Bool?

    package init(leaked: Bool? = nil) { self.leaked = leaked }

    package static let schema = ObjectSchema(
        body: "MasterKeyRotate", "How to rotate.", MasterKeyRotate.init,
        Member(
            "leaked", \.leaked,
            "The old key has leaked: drop it, end all sessions, rotate signing keys. Absent: false."))
}

/// The answer to `POST /api/v1/admin/master-key/rotate`.
package struct MasterKeyRotated: WireObject, Equatable {
    package let currentSlot: Int
    package let olderSlots: [Int]
    package let resealedKeys: Int
    package let resealedSecrets: Int

    package static let schema = ObjectSchema(
        resource: "MasterKeyRotated", "What was done.", MasterKeyRotated.init,
        Member("current_slot", \.currentSlot),
        Member("older_slots", \.olderSlots, "They stay in the ring for refresh tokens issued under them."),
        Member("resealed_keys", \.resealedKeys),
        Member("resealed_secrets", \.resealedSecrets))
}
