import LatchkeyTokens

/// How settings are stored: one JSON object, in which an absent value has no member.
extension ClientSettings {
    /// A deeper or longer text is not ours.
    private static let maximumLength = 1 << 20

    /// Reads a stored text. Members that this program does not know are ignored.
    /// - Throws: ``MalformedJSON``, ``UnreadableClientSettings``.
    package init(stored text: [UInt8]) throws {
        for member in try StrictJSON.parseObject(text, maximumLength: Self.maximumLength).members {
            guard let field = ClientField.named(member.name), !member.value.isNull else { continue }
            guard field.read(member.value, &self) else { throw UnreadableClientSettings(field: field.name) }
        }
    }

    /// The text to store in place of `old`.
    ///
    /// Members that this program does not know stay, byte for byte and in place: a newer program may have written them.
    /// A field whose value is unchanged stays too, because a newer program may have written more into it, such as a
    /// grant that is unknown here. New members come last.
    /// - Throws: the errors of ``init(stored:)`` for `old`.
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

    /// By bytes, as values are compared.
    private static func text(of field: ClientField, in settings: ClientSettings) -> [UInt8]? {
        field.value(in: settings).map { value in
            var json = JSONWriter(reserving: 64)
            json.value(value)
            return json.bytes
        }
    }
}

/// This program cannot read the stored value of a field. Without a field that limits it, the client would be a
/// different client, so it is not loaded at all.
package struct UnreadableClientSettings: Error, CustomStringConvertible {
    package let field: String

    package var description: String { "the stored client field \(field) cannot be read" }
}
