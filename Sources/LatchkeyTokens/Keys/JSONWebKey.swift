import Crypto

/// A public signing key as a JWK, RFC 7517: P-256, Ed25519 or RSA, bound to one algorithm, named by its thumbprint.
///
/// Every value has passed all checks: the point is on its curve, the RSA numbers are within limits.
package struct JSONWebKey: Sendable, Hashable {
    /// The public numbers.
    package let material: KeyMaterial
    /// The one algorithm that the key is for.
    package let algorithm: JWSAlgorithm
    let verificationKey: VerificationKey

    /// `kid`: the RFC 7638 thumbprint.
    package var keyID: KeyID { verificationKey.keyID }

    /// A key from its numbers.
    ///
    /// - Throws: ``MalformedKey`` `.badMember` (wrong lengths, an algorithm of another kind of key), `.invalidPoint`,
    ///   `.weakRSA`.
    package init(_ material: KeyMaterial, algorithm: JWSAlgorithm) throws(MalformedKey) {
        verificationKey = try VerificationKey(material, algorithm: algorithm)
        self.material = material
        self.algorithm = algorithm
    }

    /// An ES256 key from the 64 bytes of x and y that swift-crypto calls the raw representation.
    ///
    /// - Throws: ``MalformedKey`` `.badMember`, `.invalidPoint`.
    package init(p256 rawRepresentation: some Collection<UInt8>) throws(MalformedKey) {
        let (x, y) = (Array(rawRepresentation.prefix(32)), Array(rawRepresentation.dropFirst(32)))
        try self.init(.p256(x: x, y: y), algorithm: .es256)
    }

    /// An EdDSA key from the 32 bytes of RFC 8032.
    ///
    /// - Throws: ``MalformedKey`` `.badMember`, `.invalidPoint`.
    package init(ed25519 rawRepresentation: some Collection<UInt8>) throws(MalformedKey) {
        try self.init(.ed25519(x: Array(rawRepresentation)), algorithm: .edDSA)
    }

    /// An RSA key from big-endian numbers; leading zero bytes are ignored.
    ///
    /// - Throws: ``MalformedKey`` `.badMember`, `.weakRSA`.
    package init(
        modulus: some Collection<UInt8>,
        exponent: some Collection<UInt8>,
        algorithm: JWSAlgorithm
    ) throws(MalformedKey) {
        let (n, e) = (Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        try self.init(.rsa(n: n, e: e), algorithm: algorithm)
    }

    /// Reads one JWK. Unknown members are ignored.
    ///
    /// `alg` may be missing if the kind of key allows only one; `kid` may be missing, but must not differ from the
    /// thumbprint: a key with another name is not from a Latchkey server, and counts as unsupported.
    ///
    /// - Throws: ``MalformedKey``.
    package init(parsing object: JSONObject) throws(MalformedKey) {
        for secret in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] where object[secret] != nil {
            throw MalformedKey(.containsSecret, member: secret)
        }
        guard let kind = object["kty"]?.string else { throw MalformedKey(.badMember, member: "kty") }
        guard kind != "oct" else { throw MalformedKey(.containsSecret, member: "kty") }
        if let use = object["use"], use != .string("sig") { throw MalformedKey(.unsupported, member: "use") }
        if let operations = object["key_ops"] {
            guard let names = operations.strings else { throw MalformedKey(.badMember, member: "key_ops") }
            guard names.contains("verify") else { throw MalformedKey(.unsupported, member: "key_ops") }
        }
        let material = try Self.material(kind: kind, of: object)
        try self.init(material, algorithm: Self.algorithm(for: material, of: object))
        if let name = object["kid"] {
            guard let text = name.string else { throw MalformedKey(.badMember, member: "kid") }
            guard KeyID(text) == keyID else { throw MalformedKey(.unsupported, member: "kid") }
        }
    }

    private static func material(kind: String, of object: JSONObject) throws(MalformedKey) -> KeyMaterial {
        // By bytes: otherwise O, U+212A and P would equal OKP.
        switch Array(kind.utf8) {
        case Array("EC".utf8):
            guard let curve = object["crv"]?.string else { throw MalformedKey(.badMember, member: "crv") }
            guard curve == "P-256" else { throw MalformedKey(.unsupported, member: "crv") }
            return .p256(x: try number("x", of: object), y: try number("y", of: object))
        case Array("OKP".utf8):
            guard let curve = object["crv"]?.string else { throw MalformedKey(.badMember, member: "crv") }
            guard curve == "Ed25519" else { throw MalformedKey(.unsupported, member: "crv") }
            return .ed25519(x: try number("x", of: object))
        case Array("RSA".utf8):
            return .rsa(n: try number("n", of: object), e: try number("e", of: object))
        default:
            throw MalformedKey(.unsupported, member: "kty")
        }
    }

    private static func algorithm(
        for material: KeyMaterial,
        of object: JSONObject
    ) throws(MalformedKey) -> JWSAlgorithm {
        guard let value = object["alg"] else {
            guard material.algorithms.count == 1 else { throw MalformedKey(.unsupported, member: "alg") }
            return material.algorithms[0]
        }
        guard let name = value.string else { throw MalformedKey(.badMember, member: "alg") }
        guard let algorithm = JWSAlgorithm(name: name) else { throw MalformedKey(.unsupported, member: "alg") }
        return algorithm
    }

    private static func number(_ name: String, of object: JSONObject) throws(MalformedKey) -> [UInt8] {
        guard let text = object[name]?.string, let bytes = Base64URL.decode(text), !bytes.isEmpty else {
            throw MalformedKey(.badMember, member: name)
        }
        return bytes
    }

    /// Writes the public members with `use`, `alg` and `kid` as an object.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("kid", keyID.description)
            json.member("use", "sig")
            json.member("alg", algorithm.rawValue)
            for member in material.thumbprintMembers { json.member(member.name, member.value) }
        }
    }

    /// Same numbers and same algorithm.
    package static func == (lhs: JSONWebKey, rhs: JSONWebKey) -> Bool {
        lhs.keyID == rhs.keyID && lhs.algorithm == rhs.algorithm
    }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(keyID)
        hasher.combine(algorithm)
    }
}

/// The JWK thumbprint of RFC 7638 under SHA-256: a name for a key that anybody can recompute from the key.
package enum Thumbprint {
    /// The thumbprint in the form that serves as `kid`.
    package static func keyID(of material: KeyMaterial) -> KeyID {
        let members = JSONWriter.object { json in
            for member in material.thumbprintMembers { json.member(member.name, member.value) }
        }
        return KeyID(thumbprint: Array(SHA256.hash(data: members)))
    }
}

/// Why a JSON Web Key or a set of them was refused. Never quotes key material.
package struct MalformedKey: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    package enum Reason: String, Sendable, Hashable {
        /// Not a strict JSON object, or a set without a `keys` array.
        case badJSON = "bad JSON"
        /// A member that is missing or has the wrong type or form.
        case badMember = "bad member"
        /// Of an unknown kind, curve, algorithm or use; a set skips such keys.
        case unsupported = "unsupported"
        /// Contains a private or a symmetric key: its publisher has a larger problem.
        case containsSecret = "contains a secret"
        /// An EC point that is not on the curve, or an Ed25519 point of small order or in no canonical form.
        case invalidPoint = "invalid point"
        /// RSA below 2048 or above 8192 bits, or an exponent that is even, 1, or longer than 32 bits.
        case weakRSA = "RSA key out of bounds"
        /// Two keys of a set with one `kid`.
        case duplicateKeyID = "duplicate kid"
        /// More keys or bytes than the caps allow.
        case tooLarge = "too large"
    }

    /// What is wrong.
    package let reason: Reason
    /// The member concerned; nil if it is no particular one.
    package let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts in English.
    package var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
