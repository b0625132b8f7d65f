import Crypto
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Writes access tokens as an attacker would, or as the server itself would if it made a mistake. Starts from a token
/// that the server accepts, so that each forgery differs from it in one thing.
struct TokenForge: Sendable {
    typealias Signature = @Sendable (_ input: [UInt8]) throws -> [UInt8]

    let keyID: String
    let algorithm: JWSAlgorithm
    private let claims: JSONObject
    /// The server's own key.
    let genuine: Signature
    /// The published half of that key: `x` and `y`.
    let publicKey: [UInt8]

    /// - Parameter token: a live one of `server`, signed with ES256.
    init(_ token: String, of server: TestServer) throws {
        let parsed = try UnverifiedToken(parsing: token)
        algorithm = parsed.jws.header.algorithm
        keyID = try #require(parsed.jws.header.keyID).description
        claims = try StrictJSON.parseObject(parsed.jws.payload)
        let ring = server.services.keyRing.current
        let signer = try #require(ring.signer(for: algorithm))
        genuine = { try signer.signature(of: $0) }
        let jwks = try StrictJSON.parseObject(ring.jwks)
        let key = try #require(
            jwks["keys"]?.array?.compactMap(\.object).first { $0["kid"]?.string == signer.id.description })
        publicKey = try ["x", "y"].flatMap { name in
            try #require(key[name]?.string.flatMap { Base64URL.decode($0) })
        }
    }

    /// A compact JWS.
    /// - Parameters:
    ///   - header: replaces members of the right header; `nil` takes one out.
    ///   - changes: the same for the claims.
    func token(
        header: [String: JSONValue?] = [:], claims changes: [String: JSONValue?] = [:], sign: Signature? = nil
    ) throws -> String {
        let right: [(String, JSONValue)] = [
            ("alg", .string(algorithm.rawValue)), ("typ", "at+jwt"), ("kid", .string(keyID)),
        ]
        let input =
            Self.segment(right, header) + "." + Self.segment(claims.members.map { ($0.name, $0.value) }, changes)
        return input + "." + Base64URL.string(try (sign ?? genuine)(Array(input.utf8)))
    }

    private static func segment(_ members: [(String, JSONValue)], _ changes: [String: JSONValue?]) -> String {
        let kept = members.filter { changes[$0.0] == nil }
        let added = changes.compactMap { name, value in value.map { (name, $0) } }.sorted { $0.0 < $1.0 }
        return Base64URL.string(
            JSONWriter.object { json in for (name, value) in kept + added { json.member(name, value) } })
    }

    /// A key that is not the server's, as somebody who wants in would make one.
    struct Stranger {
        let key = P256.Signing.PrivateKey()
        var sign: Signature {
            let key = key
            return { Array(try key.signature(for: $0).rawRepresentation) }
        }
        var jwk: JSONValue {
            get throws {
                let raw = Array(key.publicKey.rawRepresentation)
                let text = JSONWriter.object { json in
                    json.member("kty", "EC")
                    json.member("crv", "P-256")
                    json.member("x", Base64URL.string(Array(raw.prefix(32))))
                    json.member("y", Base64URL.string(Array(raw.suffix(32))))
                }
                return try StrictJSON.parse(text)
            }
        }
    }

    /// HMAC with a secret that everybody knows.
    static func mac(_ secret: [UInt8]) -> Signature {
        { Array(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) }
    }
}
