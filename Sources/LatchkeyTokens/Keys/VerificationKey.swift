import Crypto
import CryptoExtras

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A public key that verifies signatures of one algorithm and of no other, whatever a token's header says.
public struct VerificationKey: Sendable {
    /// The key's thumbprint.
    public let keyID: KeyID
    /// The only algorithm that this key verifies.
    public let algorithm: JWSAlgorithm
    private let backing: Backing

    private enum Backing: Sendable {
        case p256(P256.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey, padding: _RSA.Signing.Padding, signatureLength: Int)
    }

    /// The key of a JWK, whose numbers were checked when it was made.
    public init(_ key: JSONWebKey) {
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
    public func verify(signature: [UInt8], signingInput: [UInt8]) -> Bool {
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

    /// 8192 bits bound the time of one verification; the exponent's bounds are BoringSSL's and RFC 8725's.
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
