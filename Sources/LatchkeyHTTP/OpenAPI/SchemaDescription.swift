import LatchkeyTokens

/// A JSON Schema of the subset that the API document needs (OpenAPI 3.1, JSON Schema 2020-12).
package indirect enum SchemaType: Sendable {
    case string
    case integer
    /// A whole number in this range.
    case number(ClosedRange<Int64>)
    /// A text with this many code points that matches an expression, if there is one.
    case text(Lengths, String? = nil)
    case boolean
    /// A string from a closed list.
    case choice([String])
    case array(SchemaType)
    /// An array with this many elements.
    case list(SchemaType, Lengths)
    /// One string, or an array of strings.
    case textOrTexts
    /// Names to strings.
    case map
    /// Any object, described elsewhere.
    case anyObject
    /// An object among the document's components.
    case object(SchemaDescription)
    /// One of several objects.
    case oneOf([SchemaDescription])

    /// The strings of a closed list.
    static func choice<Text: RawRepresentable & CaseIterable>(of list: Text.Type) -> SchemaType
    where Text.RawValue == String {
        .choice(Text.allCases.map(\.rawValue))
    }

    /// The objects that the type names, without the objects inside those.
    var objects: [SchemaDescription] {
        switch self {
        case .object(let object): [object]
        case .oneOf(let objects): objects
        case .array(let element), .list(let element, _): element.objects
        case .string, .integer, .number, .text, .boolean, .choice, .textOrTexts, .map, .anyObject: []
        }
    }

    func write(_ json: inout JSONWriter, nullable: Bool = false, description: String? = nil) {
        json.object { json in
            members(&json, nullable: nullable)
            if let description { json.member("description", description) }
        }
    }

    private func members(_ json: inout JSONWriter, nullable: Bool) {
        func type(_ name: String) {
            if nullable { json.member("type", [name, "null"]) } else { json.member("type", name) }
        }
        switch self {
        case .string: type("string")
        case .integer: type("integer")
        case .number(let range):
            type("integer")
            json.member("minimum", range.lowerBound)
            json.member("maximum", range.upperBound)
        case .text(let lengths, let pattern):
            type("string")
            lengths.write("minLength", "maxLength", &json)
            if let pattern { json.member("pattern", pattern) }
        case .boolean: type("boolean")
        case .choice(let values):
            type("string")
            json.member(
                "enum",
                array: { json in
                    for value in values { json.string(value) }
                    if nullable { json.null() }
                })
        case .array(let element):
            type("array")
            json.member("items", encoded: JSONWriter.value { element.write(&$0) })
        case .list(let element, let lengths):
            type("array")
            json.member("items", encoded: JSONWriter.value { element.write(&$0) })
            lengths.write("minItems", "maxItems", &json)
        case .textOrTexts:
            json.member("type", ["string", "array"])
            json.member("items", object: { $0.member("type", "string") })
        case .map:
            type("object")
            json.member("additionalProperties", object: { $0.member("type", "string") })
        case .anyObject: type("object")
        case .object(let object): json.member("$ref", object.reference)
        case .oneOf(let objects):
            json.member(
                "oneOf",
                array: { json in
                    for object in objects { json.object { $0.member("$ref", object.reference) } }
                })
        }
    }
}

/// The least and the most of something.
package struct Lengths: Sendable {
    let least: Int
    let most: Int?

    init(_ least: Int = 0, most: Int? = nil) {
        self.least = least
        self.most = most
    }

    fileprivate func write(_ least: String, _ most: String, _ json: inout JSONWriter) {
        if self.least > 0 { json.member(least, Int64(self.least)) }
        if let limit = self.most { json.member(most, Int64(limit)) }
    }
}

/// One member of an object.
package struct SchemaMember: Sendable {
    let name: String
    let type: SchemaType
    let isRequired: Bool
    /// Whether it may be `null`: written as `null` when empty, or cleared by `null`.
    let isNullable: Bool
    let description: String?

    /// A member that is always present.
    static func required(_ name: String, _ type: SchemaType, _ description: String? = nil) -> SchemaMember {
        SchemaMember(name: name, type: type, isRequired: true, isNullable: false, description: description)
    }

    /// A member that is always present, possibly as `null`.
    static func requiredOrNull(_ name: String, _ type: SchemaType, _ description: String? = nil) -> SchemaMember {
        SchemaMember(name: name, type: type, isRequired: true, isNullable: true, description: description)
    }

    /// A member that may be absent.
    static func optional(_ name: String, _ type: SchemaType, _ description: String? = nil) -> SchemaMember {
        SchemaMember(name: name, type: type, isRequired: false, isNullable: false, description: description)
    }

    /// A member that may be absent or `null`.
    static func nullable(_ name: String, _ type: SchemaType, _ description: String? = nil) -> SchemaMember {
        SchemaMember(name: name, type: type, isRequired: false, isNullable: true, description: description)
    }
}

/// A named object of the document's components.
package struct SchemaDescription: Sendable {
    let name: String
    let description: String
    let members: [SchemaMember]
    let others: Others
    /// Members that need another one.
    let needs: [String: String]

    /// Members that are not described.
    enum Others: Sendable {
        /// Those of a newer version, or of an extension.
        case anything
        /// Each once: the parameters of a form (RFC 6749 3.2).
        case texts
        case none
    }

    /// - Parameter isClosed: whether unknown members are refused: true for most of what we read, false for what we
    ///   write, which may grow.
    init(_ name: String, _ description: String, isClosed: Bool, _ members: [SchemaMember]) {
        self.init(name, description, others: isClosed ? .none : .anything, members)
    }

    init(
        _ name: String, _ description: String, others: Others = .anything, needs: [String: String] = [:],
        _ members: [SchemaMember]
    ) {
        self.name = name
        self.description = description
        self.others = others
        self.needs = needs
        self.members = members
    }

    var isClosed: Bool { if case .none = others { true } else { false } }

    /// Its location in the document.
    fileprivate var reference: String { "#/components/schemas/\(name)" }

    func write(_ json: inout JSONWriter) {
        json.object { json in
            json.member("type", "object")
            json.member("description", description)
            let required = members.filter(\.isRequired).map(\.name)
            if !required.isEmpty { json.member("required", required) }
            json.member(
                "properties",
                object: { json in
                    for member in members {
                        json.member(
                            member.name,
                            encoded: JSONWriter.value {
                                member.type.write(&$0, nullable: member.isNullable, description: member.description)
                            })
                    }
                })
            if !needs.isEmpty {
                json.member(
                    "dependentRequired",
                    object: { json in
                        for (name, other) in needs.sorted(by: { $0.key < $1.key }) { json.member(name, [other]) }
                    })
            }
            switch others {
            case .anything: break
            case .texts: json.member("additionalProperties", object: { $0.member("type", "string") })
            case .none: json.member("additionalProperties", false)
            }
        }
    }
}

extension JSONWriter {
    /// The bytes of one value.
    static func value(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }
}
