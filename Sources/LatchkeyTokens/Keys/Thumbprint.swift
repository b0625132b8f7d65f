import Crypto

/// The JWK thumbprint of RFC 7638 under SHA-256: a name for a key that anybody can recompute from the key.
public enum Thumbprint {
    /// The thumbprint in the form that serves as `kid`.
    public static func keyID(of material: KeyMaterial) -> KeyID {
        let members = JSONWriter.object { json in
            for member in material.thumbprintMembers { json.member(member.name, member.value) }
        }
        return KeyID(thumbprint: Array(SHA256.hash(data: members)))
    }
}
