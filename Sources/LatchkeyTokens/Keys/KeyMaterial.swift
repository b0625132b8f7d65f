/// The public numbers of a key, in the byte forms of RFC 7518 section 6 and RFC 8037 section 2.
public enum KeyMaterial: Sendable, Hashable {
    /// A point on P-256: two coordinates of 32 bytes, big-endian.
    case p256(x: [UInt8], y: [UInt8])
    /// An Ed25519 public key: 32 bytes as in RFC 8032.
    case ed25519(x: [UInt8])
    /// An RSA modulus and exponent, big-endian without leading zero bytes.
    case rsa(n: [UInt8], e: [UInt8])

    /// The members that RFC 7638 hashes, in its order: names sorted, nothing else.
    var thumbprintMembers: [(name: String, value: String)] {
        switch self {
        case .p256(let x, let y):
            [("crv", "P-256"), ("kty", "EC"), ("x", Base64URL.string(x)), ("y", Base64URL.string(y))]
        case .ed25519(let x):
            [("crv", "Ed25519"), ("kty", "OKP"), ("x", Base64URL.string(x))]
        case .rsa(let n, let e):
            [("e", Base64URL.string(e)), ("kty", "RSA"), ("n", Base64URL.string(n))]
        }
    }

    /// The algorithms that a key of this kind can serve.
    var algorithms: [JWSAlgorithm] {
        switch self {
        case .p256: [.es256]
        case .ed25519: [.edDSA]
        case .rsa: [.rs256, .ps256]
        }
    }
}
