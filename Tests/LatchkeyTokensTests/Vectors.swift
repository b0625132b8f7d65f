import Foundation
import JWTKit
import LatchkeyTokens
import Testing

/// Reads the vectors of Tests/Vectors with Foundation's decoder, not with the parser under test.
enum Vectors {
    static func load<Content: Decodable>(_ path: String, as type: Content.Type = Content.self) throws -> Content {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: "Vectors/" + path)))
    }

    /// JSON bytes of a decoded value, to be handed to the parser under test.
    static func bytes(_ value: some Encodable) throws -> [UInt8] {
        Array(try JSONEncoder().encode(value))
    }
}

/// A named case, so that a failing one is found by its name.
protocol VectorCase: Codable, Sendable, CustomTestStringConvertible {
    var name: String { get }
}

extension VectorCase {
    var testDescription: String { name }
}

struct VectorFile<Case: VectorCase>: Decodable {
    let cases: [Case]
}

struct TextCase: VectorCase {
    let name: String
    let input: String
    let expected: String
}

/// The keys of jws/keys.json: private halves in jwt-kit's hands, public ones in ours.
struct TestKeys {
    let published: JSONWebKeySet
    private let privateKeys: JWTKeyCollection
    private let names: [JWSAlgorithm: KeyID]

    private struct File: Decodable {
        struct Key: Decodable {
            let alg: String
            let kid: String
            let private_key_pem: String
        }
        struct Set: Codable {
            let keys: [[String: String]]
        }
        let keys: [Key]
        let jwks: Set
    }

    init() async throws {
        let file = try Vectors.load("jws/keys.json", as: File.self)
        published = try JSONWebKeySet(parsing: Vectors.bytes(file.jwks))
        privateKeys = JWTKeyCollection()
        var names: [JWSAlgorithm: KeyID] = [:]
        for key in file.keys {
            let algorithm = try #require(JWSAlgorithm(name: key.alg))
            let keyID = try #require(KeyID(key.kid))
            names[algorithm] = keyID
            let kid = JWKIdentifier(string: key.kid)
            switch algorithm {
            case .es256: await privateKeys.add(ecdsa: try ES256PrivateKey(pem: key.private_key_pem), kid: kid)
            case .edDSA: await privateKeys.add(eddsa: try EdDSA.PrivateKey(pem: key.private_key_pem), kid: kid)
            case .ps256:
                let key = try Insecure.RSA.PrivateKey(pem: key.private_key_pem)
                await privateKeys.add(pss: key, digestAlgorithm: .sha256, kid: kid)
            case .rs256:
                let key = try Insecure.RSA.PrivateKey(pem: key.private_key_pem)
                await privateKeys.add(rsa: key, digestAlgorithm: .sha256, kid: kid)
            }
        }
        self.names = names
    }

    func keyID(_ algorithm: JWSAlgorithm) throws -> KeyID {
        try #require(names[algorithm])
    }

    /// Looks up as a verifier would.
    func lookup(_ keyID: KeyID) -> VerificationKey? {
        published[keyID].map(VerificationKey.init)
    }

    /// Signs with our writer; the raw signature is jwt-kit's.
    func sign(
        _ payload: [UInt8],
        type: String = JWSHeader.accessTokenType,
        with algorithm: JWSAlgorithm = .es256
    ) async throws -> [UInt8] {
        let keyID = try keyID(algorithm)
        let signer = try await privateKeys.getKey(for: JWKIdentifier(string: keyID.description))
        return try JWS.sign(
            headerSegment: JWSHeader(algorithm: algorithm, type: type, keyID: keyID).segment(),
            payload: payload,
            signer: { try signer.sign($0) }
        )
    }
}

/// Claims that every rule accepts at ``now``.
enum Sample {
    static let now = Timestamp(seconds: 1_795_420_800)
    static let issuer = "https://auth.example.com"
    static let audience = "https://api.example.com"

    static func claims(
        subject: String = "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f",
        issuedAt: Timestamp = now
    ) throws -> AccessTokenClaims {
        AccessTokenClaims(
            issuer: issuer,
            subject: subject,
            audience: [audience],
            expiresAt: issuedAt + .seconds(300),
            issuedAt: issuedAt,
            tokenID: try #require(TokenID("AAECAwQFBgcICQoLDA0ODw")),
            clientID: try #require(ClientID("web")),
            scope: try #require(Scope("openid email")),
            sessionID: SessionID("01931c2e-8e5b-7d4c-8a32-1b2c3d4e5f60"),
            authenticatedAt: issuedAt,
            authenticationMethods: ["pwd"],
            roles: ["admin", "Größe \"\\\u{1F600}\n"]
        )
    }

    static func rules(revocations: RevocationIndex? = nil) -> AccessTokenRules {
        AccessTokenRules(issuer: issuer, audience: audience, skew: .seconds(60), revocations: revocations)
    }
}
