/// The protected header of a JWS, RFC 7515 section 4: the three members that are used here.
///
/// `jku`, `jwk`, `x5u` and `x5c` are ignored, because a token must not choose the key that verifies it (RFC 8725
/// section 3.10). `crit` and `b64` are refused: we support no extension.
package struct JWSHeader: Sendable, Hashable {
    /// `typ` of access tokens, RFC 9068 section 2.1.
    package static let accessTokenType = "at+jwt"
    /// `typ` of ID tokens (RFC 7519 section 5.1), and of access tokens for services that refuse any other.
    package static let plainType = "JWT"
    /// `typ` of signed revocation lists.
    package static let revocationsType = "revocations+jwt"
    /// `typ` of Security Event Tokens, RFC 8417 section 2.3.
    package static let securityEventType = "secevent+jwt"
    /// The longest encoded header that is read, in characters.
    package static let maximumLength = 4096

    /// `alg`
    package let algorithm: JWSAlgorithm
    /// `typ` as written; nil without one.
    package let type: String?
    /// `kid`; nil without one and for one that is not a thumbprint, because no key of ours can match it.
    package let keyID: KeyID?

    /// A header to be sent.
    package init(algorithm: JWSAlgorithm, type: String, keyID: KeyID) {
        self.algorithm = algorithm
        self.type = type
        self.keyID = keyID
    }

    /// Reads the decoded header.
    ///
    /// - Throws: ``MalformedToken`` `.badHeader`, `.unknownAlgorithm`, `.criticalHeader`.
    package init(parsing bytes: [UInt8]) throws(MalformedToken) {
        let object: JSONObject
        do {
            object = try StrictJSON.parseObject(bytes, maximumLength: Self.maximumLength, maximumDepth: 4)
        } catch {
            throw MalformedToken(.badHeader)
        }
        guard object["crit"] == nil else { throw MalformedToken(.criticalHeader, member: "crit") }
        guard object["b64"] == nil else { throw MalformedToken(.criticalHeader, member: "b64") }
        guard let algorithm = object["alg"]?.string.flatMap(JWSAlgorithm.init(name:)) else {
            throw MalformedToken(.unknownAlgorithm, member: "alg")
        }
        self.algorithm = algorithm
        type = try Self.text("typ", of: object)
        keyID = try Self.text("kid", of: object).flatMap(KeyID.init)
    }

    /// Whether `typ` names this media type, with or without `application/`, in any letter case (RFC 7515 section
    /// 4.1.9). Only this distinguishes kinds of tokens, so a missing `typ` is never accepted.
    package func hasType(_ expected: String) -> Bool {
        guard let type else { return false }
        if type.equalsBytes(of: expected) { return true }
        return type.utf8.equalsIgnoringCase(expected) || type.utf8.equalsIgnoringCase("application/" + expected)
    }

    /// The base64url segment that begins every token with this header; worth building once per key.
    package func segment() -> [UInt8] {
        Base64URL.encode(
            JSONWriter.object { json in
                json.member("alg", algorithm.rawValue)
                if let type { json.member("typ", type) }
                if let keyID { json.member("kid", keyID.description) }
            })
    }

    private static func text(_ name: String, of object: JSONObject) throws(MalformedToken) -> String? {
        guard let value = object[name] else { return nil }
        guard let text = value.string, text.utf8.count <= 256 else { throw MalformedToken(.badHeader, member: name) }
        return text
    }
}

/// The supported signature algorithms. The list is closed: no `none`, no HMAC, so that no spelling of a header can ask
/// for them (RFC 8725 sections 3.1 and 3.2).
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
