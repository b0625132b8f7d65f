/// The signature algorithms that exist here. The list is closed: no `none`, no HMAC, so that no spelling of a header
/// can ask for them (RFC 8725 sections 3.1 and 3.2).
public enum JWSAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// ECDSA on P-256 with SHA-256, RFC 7518 section 3.4.
    case es256 = "ES256"
    /// Ed25519, RFC 8037 section 3.1.
    case edDSA = "EdDSA"
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes, RFC 7518 section 3.5.
    case ps256 = "PS256"
    /// RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3.
    case rs256 = "RS256"

    /// The algorithm that a received header or key names. Case matters. `Ed25519` is RFC 9864's name for ``edDSA``.
    public init?(name: String) {
        if name == "Ed25519" {
            self = .edDSA
        } else {
            self.init(rawValue: name)
        }
    }
}
