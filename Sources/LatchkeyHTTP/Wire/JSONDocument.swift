package import LatchkeyTokens

/// A JSON object of any members inside a ``WireObject``. Bodies are parsed strictly before a decoder sees them, so names
/// are unique; a decoder loses their order, and they are sorted.
package struct JSONDocument: WireValue, Equatable {
    package let object: JSONObject

    package init(_ object: JSONObject) { self.object = object }

    package static var schemaType: SchemaType { .anyObject }

    package init(from decoder: any Decoder) throws {
        guard case .object(let object) = try Element(from: decoder).value else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an object"))
        }
        self.object = object
    }

    package func encode(to encoder: any Encoder) throws { try Element(.object(object)).encode(to: encoder) }
}

/// Any JSON value, as the standard library codes it.
private struct Element: Codable {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: MemberName.self) {
            let names = members.allKeys.sorted { $0.stringValue.utf8.lexicographicallyPrecedes($1.stringValue.utf8) }
            value = .object(
                JSONObject(
                    members: try names.map {
                        JSONObject.Member(
                            name: $0.stringValue, value: try members.decode(Element.self, forKey: $0).value)
                    }))
            return
        }
        if var elements = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !elements.isAtEnd { values.append(try elements.decode(Element.self).value) }
            value = .array(values)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            value = .null
        } else if let flag = try? single.decode(Bool.self) {
            value = .bool(flag)
        } else if let integer = try? single.decode(Int64.self) {
            value = .integer(integer)
        } else if let number = try? single.decode(Double.self) {
            value = .number(number)
        } else {
            value = .string(try single.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .object(let object):
            var members = encoder.container(keyedBy: MemberName.self)
            for member in object.members {
                try members.encode(Element(member.value), forKey: MemberName(member.name))
            }
        case .array(let values):
            var elements = encoder.unkeyedContainer()
            for value in values { try elements.encode(Element(value)) }
        case .null: try single(encoder) { try $0.encodeNil() }
        case .bool(let flag): try single(encoder) { try $0.encode(flag) }
        case .integer(let integer): try single(encoder) { try $0.encode(integer) }
        case .number(let number): try single(encoder) { try $0.encode(number) }
        case .string(let text): try single(encoder) { try $0.encode(text) }
        }
    }

    private func single(
        _ encoder: any Encoder, _ encode: (inout any SingleValueEncodingContainer) throws -> Void
    ) throws {
        var container = encoder.singleValueContainer()
        try encode(&container)
    }
}
