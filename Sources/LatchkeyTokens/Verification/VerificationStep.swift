/// The steps of verifying a token, in order. The first that fails ends it.
public enum VerificationStep: String, Sendable, Hashable, CaseIterable {
    /// Three parts of canonical base64url, within the length cap.
    case form
    /// `typ` and an allowed `alg`.
    case header
    /// A key with that `kid` is known, and is for that algorithm.
    case key
    /// The signature is this key's signature of this text.
    case signature
    /// Every claim has its one type.
    case claims
    /// `iss`
    case issuer
    /// `aud`
    case audience
    /// `exp` and `nbf`
    case expiry
    /// `iat`
    case issuedAt = "issued_at"
    /// `exp` - `iat`
    case lifetime
    /// No entry of the revocation list matches.
    case revocation
    /// The list is fresh enough for the caller's policy.
    case freshness
    /// The server itself was asked.
    case introspection
}
