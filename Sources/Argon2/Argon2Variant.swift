internal import CArgon2

/// The three members of the Argon2 family. We write only Argon2id; the others are read from imported hashes.
package enum Argon2Variant: String, Sendable, CaseIterable {
    /// What RFC 9106 section 4 recommends, and what every hash of ours is.
    case argon2id
    /// Data-independent memory access, import only.
    case argon2i
    /// Data-dependent memory access, import only.
    case argon2d

    var libraryType: argon2_type {
        switch self {
        case .argon2id: Argon2_id
        case .argon2i: Argon2_i
        case .argon2d: Argon2_d
        }
    }
}
