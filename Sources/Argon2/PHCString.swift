/// A stored Argon2 hash in the PHC string format: variant, cost, salt and tag in one line of text.
///
/// `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, salt and tag in base64 without padding. Equality is for tests and
/// bookkeeping; verifying a password compares tags in constant time elsewhere.
package struct PHCString: Sendable, Equatable {
    /// Longest accepted text in bytes. Ours take 97; the longest that the other bounds allow is under 230.
    package static let maximumLength = 512
    /// Accepted bytes of salt. Ours have 16, RFC 9106 section 3.1.
    package static let saltLengths = 8...64
    /// Accepted bytes of tag. Ours have 32.
    package static let tagLengths = 16...64
    /// The only accepted version of the algorithm, 0x13; version 0x10 has a weaker memory pattern.
    package static let version = 19

    static let ownSaltLength = 16
    static let ownTagLength = 32

    /// Argon2id for every hash of ours.
    package let variant: Argon2Variant
    /// What the hash cost, always within the bounds of `Argon2Parameters`.
    package let parameters: Argon2Parameters
    /// 8 to 64 bytes, 16 in ours.
    package let salt: [UInt8]
    /// 16 to 64 bytes, 32 in ours.
    package let tag: [UInt8]

    /// Callers have checked the lengths: the parser, or the pool with its own constants.
    init(variant: Argon2Variant, parameters: Argon2Parameters, salt: [UInt8], tag: [UInt8]) {
        self.variant = variant
        self.parameters = parameters
        self.salt = salt
        self.tag = tag
    }

    /// Whether a login that verified against this hash should store a new one: weaker parameters than `policy`,
    /// another variant than Argon2id, or a shorter salt or tag than ours.
    package func needsRehash(for policy: Argon2Parameters) -> Bool {
        variant != .argon2id || salt.count < Self.ownSaltLength || tag.count < Self.ownTagLength
            || parameters.isWeaker(than: policy)
    }
}

extension PHCString: CustomStringConvertible {
    /// The text to store. Parsing it gives an equal value back.
    package var description: String {
        let cost = "m=\(parameters.memoryKiB),t=\(parameters.iterations),p=\(parameters.parallelism)"
        return "$\(variant.rawValue)$v=\(Self.version)$\(cost)$\(PHCBase64.encode(salt))$\(PHCBase64.encode(tag))"
    }
}

/// Why a text is not a hash that this server reads.
package enum MalformedPHCString: Error, Equatable {
    /// Longer than 512 bytes.
    case tooLong
    /// Not five parts, each after a `$`.
    case structure
    /// Not argon2id, argon2i or argon2d.
    case variant
    /// Not `v=19`.
    case version
    /// The cost is not `m=<number>,t=<number>,p=<number>`, in that order, without leading zeros.
    case parameters
    /// The cost is written correctly but outside the bounds.
    case outOfBounds(Argon2ParametersError)
    /// The salt is not canonical base64 of 8 to 64 bytes.
    case salt
    /// The tag is not canonical base64 of 16 to 64 bytes.
    case tag
}
