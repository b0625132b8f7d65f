import LatchkeyTokens

/// A JSON object of the API, declared once: its ``schema`` reads and writes it, and describes it in the API document.
package protocol WireObject: WireValue {
    static var schema: ObjectSchema<Self> { get }
}

extension WireObject {
    package static var schemaType: SchemaType { .object(schema.description) }

    package init(from decoder: any Decoder) throws { self = try Self.schema.read(decoder) }

    package func encode(to encoder: any Encoder) throws { try Self.schema.write(self, encoder) }
}

/// The members of an object, each with its name at the wire, its property and its meaning; and how the object is made
/// from their values.
package struct ObjectSchema<Object: Sendable>: Sendable {
    /// The description in the API document.
    package let description: SchemaDescription
    private let make: @Sendable (KeyedDecodingContainer<MemberName>) throws -> Object
    private let store: @Sendable (Object, inout KeyedEncodingContainer<MemberName>) throws -> Void

    /// An object that we write. Later versions may add members, and readers ignore those that they do not know.
    /// - Parameter make: takes the members' values in their order: the type's own initialiser.
    init<each Value: MemberValue>(
        resource name: String, _ summary: String,
        _ make: @escaping @Sendable (repeat each Value) -> Object, _ members: repeat Member<Object, each Value>
    ) {
        self.init(name, summary, isBody: false, make, repeat each members)
    }

    /// An object that we read. A member that is not in the list is refused, so that a misspelt one never counts as
    /// absent; `null` counts as absent.
    /// - Parameter make: takes the members' values in their order: the type's own initialiser.
    init<each Value: MemberValue>(
        body name: String, _ summary: String,
        _ make: @escaping @Sendable (repeat each Value) -> Object, _ members: repeat Member<Object, each Value>
    ) {
        self.init(name, summary, isBody: true, make, repeat each members)
    }

    private init<each Value: MemberValue>(
        _ name: String, _ summary: String, isBody: Bool,
        _ make: @escaping @Sendable (repeat each Value) -> Object, _ members: repeat Member<Object, each Value>
    ) {
        var described: [SchemaMember] = []
        for member in repeat each members { described.append(member.description(inBody: isBody)) }
        description = SchemaDescription(name, summary, isClosed: isBody, described)
        self.make = { container in make(repeat try (each members).read(from: container)) }
        store = { object, container in repeat try (each members).write(object, to: &container) }
    }

    /// The names of the members, in the order of the declaration.
    package var memberNames: [String] { description.members.map(\.name) }

    /// The type of a member; nil when there is none with this name.
    package func type(of member: String) -> SchemaType? { description.members.first { $0.name == member }?.type }

    /// The error's words for a member that is not in the list.
    package var unknownMember: String { "an unknown member" }

    func read(_ decoder: any Decoder) throws -> Object {
        let container = try decoder.container(keyedBy: MemberName.self)
        if description.isClosed {
            let known = memberNames
            guard container.allKeys.allSatisfy({ known.containsBytes(of: $0.stringValue) }) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: unknownMember))
            }
        }
        return try make(container)
    }

    func write(_ object: Object, _ encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try store(object, &container)
    }
}

/// One member of a ``WireObject``: its name at the wire, its property, and its meaning.
struct Member<Object: Sendable, Value: MemberValue>: Sendable {
    private let name: MemberName
    private let property: any KeyPath<Object, Value> & Sendable
    private let meaning: String?
    private let type: SchemaType
    private let isNull: Bool

    /// - Parameters:
    ///   - meaning: what the name does not say; a unit, a range, the meaning of its absence.
    ///   - type: a narrower one than the property's, such as a closed list of strings.
    ///   - orNull: whether an empty member is written as `null` instead of omitted.
    init(
        _ name: String, _ property: any KeyPath<Object, Value> & Sendable, _ meaning: String? = nil,
        as type: SchemaType = Value.schemaType, orNull: Bool = false
    ) {
        self.name = MemberName(name)
        self.property = property
        self.meaning = meaning
        self.type = type
        isNull = orNull
    }

    fileprivate func description(inBody: Bool) -> SchemaMember {
        SchemaMember(
            name: name.stringValue, type: type, isRequired: !Value.mayBeAbsent || isNull,
            isNullable: isNull || inBody && Value.mayBeAbsent, description: meaning)
    }

    fileprivate func read(from container: KeyedDecodingContainer<MemberName>) throws -> Value {
        try Value.read(name, from: container)
    }

    fileprivate func write(_ object: Object, to container: inout KeyedEncodingContainer<MemberName>) throws {
        try object[keyPath: property].write(as: name, orNull: isNull, to: &container)
    }
}

/// The name of a member at the wire.
package struct MemberName: CodingKey {
    package let stringValue: String
    package var intValue: Int? { nil }

    package init(_ text: String) { stringValue = text }
    package init(stringValue: String) { self.stringValue = stringValue }
    package init?(intValue: Int) { nil }
}
