import LatchkeyTokens

/// How settings are stored: one JSON object, in which a field without a value has no member.
extension ClientSettings {
    /// Deeper or longer is no text of ours.
    private static let maximumLength = 1 << 20

    /// Reads a stored text. Members that this program does not know mean nothing to it.
    /// - Throws: ``MalformedJSON``, ``UnreadableClientSettings``.
    package init(stored text: [UInt8]) throws {
        for member in try StrictJSON.parseObject(text, maximumLength: Self.maximumLength).members {
            guard let field = ClientField.named(member.name), !member.value.isNull else { continue }
            guard field.read(member.value, &self) else { throw UnreadableClientSettings(field: field.name) }
        }
    }

    /// The text to store in the place of `old`.
    ///
    /// What this program does not know stays, byte for byte and in its place: a newer one may have written it. So does a
    /// field whose value is the same, since a newer program may have written more into it, such as a grant that is not
    /// known here. What is new comes last.
    /// - Throws: what ``init(stored:)`` throws for `old`.
    package func stored(over old: [UInt8] = Array("{}".utf8)) throws -> [UInt8] {
        let before = try ClientSettings(stored: old)
        let members = try StrictJSON.members(of: old, maximumLength: Self.maximumLength)
        let new = Self.fields.map { ($0.name, Self.text(of: $0, in: self), Self.text(of: $0, in: before)) }
        return JSONWriter.object(reserving: old.count + 256) { json in
            for member in members {
                guard let (name, value, previous) = new.first(where: { $0.0.equalsBytes(of: member.name) }),
                    value != previous
                else {
                    json.member(member.name, encoded: Array(member.text))
                    continue
                }
                if let value { json.member(name, encoded: value) }
            }
            for (name, value, _) in new where !members.contains(where: { $0.name.equalsBytes(of: name) }) {
                if let value { json.member(name, encoded: value) }
            }
        }
    }

    /// By its bytes, as values are compared.
    private static func text(of field: ClientField, in settings: ClientSettings) -> [UInt8]? {
        field.value(in: settings).map { value in
            var json = JSONWriter(reserving: 64)
            json.value(value)
            return json.bytes
        }
    }
}

/// A field's stored value is not one that this program can read. A client without a field that limits it would be
/// another client, so it is none at all.
package struct UnreadableClientSettings: Error, CustomStringConvertible {
    package let field: String

    package var description: String { "the stored client field \(field) cannot be read" }
}
