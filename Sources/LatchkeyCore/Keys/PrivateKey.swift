package import Crypto
package import LatchkeyTokens
package import OpenSSL

/// The private half of a signing key in memory. A description never contains it.
package enum PrivateKey: Sendable, CustomStringConvertible {
    case p256(P256.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)
    case rsa(RSAPrivateKey)

    package var description: String { "<private key>" }

    /// Size of generated RSA keys, bits.
    package static let rsaBits = 2048

    /// This many hashes with the reference parameters take about as long as generating a key.
    package static func hashes(for algorithm: JWSAlgorithm) -> Int {
        switch algorithm {
        case .es256, .edDSA: 1
        case .ps256, .rs256: 8
        }
    }

    /// A new key for `algorithm`. RSA takes some 100 ms: call it on the hash threads.
    package static func generate(for algorithm: JWSAlgorithm) throws -> PrivateKey {
        switch algorithm {
        case .es256: .p256(P256.Signing.PrivateKey())
        case .edDSA: .ed25519(Curve25519.Signing.PrivateKey())
        case .ps256, .rs256: .rsa(try RSAPrivateKey.generate(bits: rsaBits))
        }
    }

    /// A key from an unencrypted PEM (PKCS#8, SEC1 or PKCS#1), and the algorithm that it is for.
    /// - Throws: ``Refusal`` `invalidRequest` that says what is wrong.
    package static func parse(
        pem: String, algorithm: JWSAlgorithm?
    ) throws -> (key: PrivateKey, algorithm: JWSAlgorithm) {
        let imported: ImportedPrivateKey
        do {
            imported = try PEMPrivateKey.parse(pem)
        } catch {
            // The sentence contains nothing of the key, and neither does libcrypto's own reason, which goes to the log.
            throw Refusal(.invalidRequest, error.message, note: error.description)
        }
        let key: PrivateKey
        let fitting: [JWSAlgorithm]
        switch imported {
        case .p256(let raw):
            key = .p256(try P256.Signing.PrivateKey(rawRepresentation: raw))
            fitting = [.es256]
        case .ed25519(let seed):
            key = .ed25519(try Curve25519.Signing.PrivateKey(rawRepresentation: seed))
            fitting = [.edDSA]
        case .rsa(let rsa):
            key = .rsa(rsa)
            fitting = [.rs256, .ps256]
        }
        let chosen = algorithm ?? fitting[0]
        guard fitting.contains(chosen) else {
            throw Refusal(
                .invalidRequest,
                "A key of this kind cannot be used with \(chosen.rawValue); it fits \(fitting.map(\.rawValue).joined(separator: " and "))."
            )
        }
        return (key, chosen)
    }

    /// The bytes that are sealed: the raw scalar or seed, or PKCS#8 DER for RSA.
    package func serialised() throws -> [UInt8] {
        switch self {
        case .p256(let key): Array(key.rawRepresentation)
        case .ed25519(let key): Array(key.rawRepresentation)
        case .rsa(let key): try key.pkcs8DER
        }
    }

    /// Reads the output of ``serialised()``.
    package init(serialised bytes: [UInt8], algorithm: JWSAlgorithm) throws {
        switch algorithm {
        case .es256: self = .p256(try P256.Signing.PrivateKey(rawRepresentation: bytes))
        case .edDSA: self = .ed25519(try Curve25519.Signing.PrivateKey(rawRepresentation: bytes))
        case .ps256, .rs256: self = .rsa(try RSAPrivateKey(pkcs8DER: bytes))
        }
    }

    /// The public half as a JWK, named by its thumbprint (RFC 7638).
    package func publicKey(for algorithm: JWSAlgorithm) throws -> JSONWebKey {
        switch self {
        case .p256(let key): try JSONWebKey(p256: Array(key.publicKey.rawRepresentation))
        case .ed25519(let key): try JSONWebKey(ed25519: Array(key.publicKey.rawRepresentation))
        case .rsa(let key): try JSONWebKey(.rsa(n: key.modulus, e: key.publicExponent), algorithm: algorithm)
        }
    }

    /// Bytes of a raw signature.
    package var signatureLength: Int {
        switch self {
        case .p256, .ed25519: 64
        case .rsa(let key): key.modulus.count
        }
    }

    /// The raw JWS signature (RFC 7518 3): r ‖ s for ES256.
    package func sign(_ input: [UInt8], algorithm: JWSAlgorithm) throws -> [UInt8] {
        switch self {
        case .p256(let key): Array(try key.signature(for: input).rawRepresentation)
        case .ed25519(let key): Array(try key.signature(for: input))
        case .rsa(let key):
            algorithm == .ps256 ? try key.signPSSSHA256(input) : try key.signPKCS1v15SHA256(input)
        }
    }
}
