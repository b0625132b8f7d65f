import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A public key that verifies signatures of one algorithm and of no other, whatever a token's header says.
package struct VerificationKey: Sendable {
    /// The key's thumbprint.
    package let keyID: KeyID
    /// The only algorithm that this key verifies.
    package let algorithm: JWSAlgorithm
    private let backing: Backing

    private enum Backing: Sendable {
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey, padding: _RSA.Signing.Padding, signatureLength: Int)
    }

    /// The key of a JWK, whose numbers were checked when it was created.
    package init(_ key: JSONWebKey) {
        self = key.verificationKey
    }

    /// - Throws: ``MalformedKey`` `.badMember`, `.invalidPoint`, `.weakRSA`.
    init(_ material: KeyMaterial, algorithm: JWSAlgorithm) throws(MalformedKey) {
        guard material.algorithms.contains(algorithm) else { throw MalformedKey(.badMember, member: "alg") }
        self.algorithm = algorithm
        backing =
            switch material {
            case .p256(let x, let y): try Self.p256(x: x, y: y)
            case .ed25519(let x): try Self.ed25519(x: x)
            case .rsa(let n, let e): try Self.rsa(n: n, e: e, algorithm: algorithm)
            }
        keyID = Thumbprint.keyID(of: material)
    }

    /// Whether `signature` is this key's signature of `signingInput` under ``algorithm``. A signature of the wrong
    /// length or form (DER for ES256) is simply not valid.
    package func verify(signature: [UInt8], signingInput: [UInt8]) -> Bool {
        switch backing {
        case .p256(let key):
            guard signature.count == 64, let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: signingInput)
        case .ed25519(let key):
            return signature.count == 64 && key.isValidSignature(signature, for: signingInput)
        case .rsa(let key, let padding, let length):
            guard signature.count == length else { return false }
            let parsed = _RSA.Signing.RSASignature(rawRepresentation: signature)
            return key.isValidSignature(parsed, for: SHA256.hash(data: signingInput), padding: padding)
        }
    }

    private static func p256(x: [UInt8], y: [UInt8]) throws(MalformedKey) -> Backing {
        guard x.count == 32 else { throw MalformedKey(.badMember, member: "x") }
        guard y.count == 32 else { throw MalformedKey(.badMember, member: "y") }
        guard let key = try? P256.Signing.PublicKey(rawRepresentation: x + y) else {
            throw MalformedKey(.invalidPoint)
        }
        return .p256(key)
    }

    private static func ed25519(x: [UInt8]) throws(MalformedKey) -> Backing {
        guard x.count == 32 else { throw MalformedKey(.badMember, member: "x") }
        guard !Ed25519Point.isUnusable(x), let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else {
            throw MalformedKey(.invalidPoint)
        }
        return .ed25519(key)
    }

    /// 8192 bits limit the time of one verification; the exponent's limits are BoringSSL's and RFC 8725's.
    private static func rsa(n: [UInt8], e: [UInt8], algorithm: JWSAlgorithm) throws(MalformedKey) -> Backing {
        guard let top = n.first, let last = n.last, top != 0, (256...1024).contains(n.count), last & 1 == 1 else {
            throw MalformedKey(.weakRSA, member: "n")
        }
        let bits = n.count * 8 - top.leadingZeroBitCount
        guard bits >= 2048 else { throw MalformedKey(.weakRSA, member: "n") }
        guard let first = e.first, first != 0, (1...4).contains(e.count) else {
            throw MalformedKey(.weakRSA, member: "e")
        }
        let exponent = e.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard exponent >= 3, exponent & 1 == 1, let key = try? _RSA.Signing.PublicKey(n: Data(n), e: Data(e)) else {
            throw MalformedKey(.weakRSA, member: "e")
        }
        return .rsa(key, padding: algorithm == .ps256 ? .PSS : .insecurePKCS1v1_5, signatureLength: n.count)
    }
}

/// The public numbers of a key, in the byte forms of RFC 7518 section 6 and RFC 8037 section 2.
package enum KeyMaterial: Sendable, Hashable {
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

    /// The algorithms that a key of this kind can be used for.
    var algorithms: [JWSAlgorithm] {
        switch self {
        case .p256: [.es256]
        case .ed25519: [.edDSA]
        case .rsa: [.rs256, .ps256]
        }
    }
}

/// Encodings of Ed25519 points that must not be accepted as a key.
enum Ed25519Point {
    /// Whether the y coordinate is not reduced modulo 2^255 - 19, or the point is one of the eight of small order, under
    /// which one signature fits many messages. A y without an x on the curve is not found here; such a key verifies
    /// nothing.
    static func isUnusable(_ encoding: [UInt8]) -> Bool {
        guard encoding.count == 32 else { return true }
        var y = encoding
        y[31] &= 0x7F
        return isNotReduced(y) || smallOrder.contains(y)
    }

    private static func isNotReduced(_ y: [UInt8]) -> Bool {
        y[31] == 0x7F && y[0] >= 0xED && y[1..<31].allSatisfy { $0 == 0xFF }
    }

    /// The y coordinates, little-endian: of order 4 (0), 1 (1), 2 (-1) and 8 (two values, each with two signs of x).
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]
}
