/// A JWK Set, RFC 7517 section 5: the public keys of one issuer, no two with the same `kid`.
package struct JSONWebKeySet: Sendable, Hashable {
    /// The longest set that is read, in bytes.
    package static let maximumLength = 262_144
    /// The most keys that are read, including unsupported ones.
    package static let maximumKeys = 128

    /// The keys in the order of the document.
    package let keys: [JSONWebKey]

    /// A set of keys.
    ///
    /// - Throws: ``MalformedKey`` `.duplicateKeyID`, `.tooLarge`.
    package init(_ keys: [JSONWebKey]) throws(MalformedKey) {
        guard keys.count <= Self.maximumKeys else { throw MalformedKey(.tooLarge) }
        var seen: Set<KeyID> = []
        for key in keys {
            guard seen.insert(key.keyID).inserted else { throw MalformedKey(.duplicateKeyID, member: "kid") }
        }
        self.keys = keys
    }

    /// Reads a set. Keys of an unsupported kind are skipped, as the RFC requires. A secret, a malformed key or a
    /// duplicate `kid` refuses the whole set, because something is wrong with its publisher.
    ///
    /// - Throws: ``MalformedKey``.
    package init(parsing bytes: [UInt8]) throws(MalformedKey) {
        guard bytes.count <= Self.maximumLength else { throw MalformedKey(.tooLarge) }
        let object: JSONObject
        do {
            object = try StrictJSON.parseObject(bytes, maximumLength: Self.maximumLength)
        } catch {
            throw MalformedKey(.badJSON)
        }
        guard let elements = object["keys"]?.array else { throw MalformedKey(.badJSON, member: "keys") }
        guard elements.count <= Self.maximumKeys else { throw MalformedKey(.tooLarge, member: "keys") }
        var keys: [JSONWebKey] = []
        var names: Set<String> = []
        for element in elements {
            guard let key = element.object else { throw MalformedKey(.badJSON, member: "keys") }
            if let name = key["kid"]?.string, !names.insert(name).inserted {
                throw MalformedKey(.duplicateKeyID, member: "kid")
            }
            do throws(MalformedKey) {
                keys.append(try JSONWebKey(parsing: key))
            } catch {
                guard error.reason == .unsupported else { throw error }
            }
        }
        try self.init(keys)
    }

    /// The key with this name; nil without one.
    package subscript(keyID: KeyID) -> JSONWebKey? {
        keys.first { $0.keyID == keyID }
    }

    /// The document as served, public members only.
    package func encode() -> [UInt8] {
        JSONWriter.object(reserving: 64 + keys.count * 512) { json in
            json.member("keys", array: { json in for key in keys { key.write(to: &json) } })
        }
    }
}
