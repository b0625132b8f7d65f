package import LatchkeyCore

/// The possible types of a member: a value, an optional value, a change.
package protocol MemberValue: Sendable {
    /// The value's type in the API document.
    static var schemaType: SchemaType { get }
    /// Whether the member may be absent.
    static var mayBeAbsent: Bool { get }

    static func read(_ name: MemberName, from container: KeyedDecodingContainer<MemberName>) throws -> Self
    /// - Parameter orNull: whether nothing is written as `null` instead of omitted.
    func write(as name: MemberName, orNull: Bool, to container: inout KeyedEncodingContainer<MemberName>) throws
}

/// A value at the wire: a member, or an element of a list.
package protocol WireValue: Codable, MemberValue {
    /// The API document's name for a page of such values.
    static var pageName: String { get }
}

extension WireValue {
    package static var pageName: String { schemaType.objects.map(\.name).joined() + "Page" }

    package static var mayBeAbsent: Bool { false }

    package static func read(
        _ name: MemberName, from container: KeyedDecodingContainer<MemberName>
    ) throws -> Self {
        try container.decode(Self.self, forKey: name)
    }

    package func write(
        as name: MemberName, orNull: Bool, to container: inout KeyedEncodingContainer<MemberName>
    ) throws {
        try container.encode(self, forKey: name)
    }
}

extension Optional: MemberValue where Wrapped: WireValue {
    package static var schemaType: SchemaType { Wrapped.schemaType }
    package static var mayBeAbsent: Bool { true }

    package static func read(
        _ name: MemberName, from container: KeyedDecodingContainer<MemberName>
    ) throws -> Wrapped? {
        try container.decodeIfPresent(Wrapped.self, forKey: name)
    }

    package func write(
        as name: MemberName, orNull: Bool, to container: inout KeyedEncodingContainer<MemberName>
    ) throws {
        if let self {
            try container.encode(self, forKey: name)
        } else if orNull {
            try container.encodeNil(forKey: name)
        }
    }
}

/// Of a body that changes something: absent keeps the value, and `null` removes it (RFC 7396).
extension FieldChange: MemberValue where Value: WireValue {
    package static var schemaType: SchemaType { Value.schemaType }
    package static var mayBeAbsent: Bool { true }

    package static func read(
        _ name: MemberName, from container: KeyedDecodingContainer<MemberName>
    ) throws -> FieldChange<Value> {
        guard container.contains(name) else { return .keep }
        return try container.decodeNil(forKey: name) ? .clear : .set(try container.decode(Value.self, forKey: name))
    }

    package func write(
        as name: MemberName, orNull: Bool, to container: inout KeyedEncodingContainer<MemberName>
    ) throws {
        switch self {
        case .keep: break
        case .clear: try container.encodeNil(forKey: name)
        case .set(let value): try container.encode(value, forKey: name)
        }
    }
}

extension String: WireValue {
    package static var schemaType: SchemaType { .string }
}

extension Bool: WireValue {
    package static var schemaType: SchemaType { .boolean }
}

extension Int: WireValue {
    package static var schemaType: SchemaType { .integer }
}

extension Int64: WireValue {
    package static var schemaType: SchemaType { .integer }
}

extension SecretText: WireValue {
    package static var schemaType: SchemaType { .string }
}

extension Array: MemberValue, WireValue where Element: WireValue {
    package static var schemaType: SchemaType { .array(Element.schemaType) }
}

extension Dictionary: MemberValue, WireValue where Key == String, Value == String {
    package static var schemaType: SchemaType { .map }
}

/// A closed list of strings.
extension WireValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    package static var schemaType: SchemaType { .choice(of: Self.self) }
}
