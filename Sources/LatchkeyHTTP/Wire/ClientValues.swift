package import LatchkeyCore
package import LatchkeyTokens

/// Values of a client's fields as they appear in JSON, for requests and responses alike: the fields are those of
/// `ClientSettings`, and no type here names one.
package struct ClientValues: Sendable, Equatable {
    private var values: [String: JSONValue] = [:]

    package init() {}

    /// All values that are set, for a response.
    package init(_ settings: ClientSettings) {
        for field in ClientSettings.fields { values[field.name] = field.value(in: settings) }
    }

    /// The value of a field; `null` removes it, which only an optional field allows. `nil` leaves it unchanged.
    package subscript(_ field: ClientField) -> JSONValue? {
        get { values[field.name] }
        set { values[field.name] = newValue }
    }

    /// The same by the property that it sets.
    package subscript(_ path: PartialKeyPath<ClientSettings>) -> JSONValue? {
        get { self[.of(path)] }
        set { self[.of(path)] = newValue }
    }

    /// Checks that every value is one that its field can hold.
    /// - Throws: `Refusal` `invalid_request` when not.
    func check() throws(Refusal) {
        var nobody = ClientSettings()
        try apply(to: &nobody)
    }

    /// Sets the given values; the domain checks them as a whole.
    /// - Throws: `Refusal` `invalid_request` for a value that a field cannot hold.
    func apply(to settings: inout ClientSettings) throws(Refusal) {
        for field in ClientSettings.fields {
            guard let value = self[field] else { continue }
            guard !value.isNull else {
                field.clear(&settings)
                continue
            }
            try Self.checkChoice(value, of: field)
            guard field.read(value, &settings) else { throw Self.refusal(of: field) }
        }
    }

    /// Stored lists may contain values that this program does not know; a request may not add any.
    private static func checkChoice(_ value: JSONValue, of field: ClientField) throws(Refusal) {
        guard case .choices(let known) = field.form else { return }
        guard value.strings?.allSatisfy({ known.containsBytes(of: $0) }) ?? false else { throw refusal(of: field) }
    }

    private static func refusal(of field: ClientField) -> Refusal {
        let sentence =
            switch field.form {
            case .choices(let known): "may list: \(known.joined(separator: ", "))"
            case .choice(let known): "must be one of: \(known.joined(separator: ", "))"
            case .words: "must be names separated by single spaces"
            case .flag, .text, .list, .seconds: "has the wrong type or an unknown value"
            }
        return Refusal(.invalidRequest, "The member \(field.name) \(sentence).")
    }
}

extension ClientValues {
    /// A member of a JSON object by name: those of the fields, and those that a body has of its own.
    struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }

        init(_ field: ClientField) { stringValue = field.name }
    }

    /// Reads the fields among the members. A `null` for a field that always has a value changes nothing.
    init(from container: KeyedDecodingContainer<Name>) throws {
        for field in ClientSettings.fields {
            let name = Name(field)
            guard container.contains(name) else { continue }
            guard try !container.decodeNil(forKey: name) else {
                if field.isOptional { values[field.name] = .null }
                continue
            }
            values[field.name] =
                switch field.form {
                case .flag: .bool(try container.decode(Bool.self, forKey: name))
                case .text, .words, .choice: .string(try container.decode(String.self, forKey: name))
                case .list, .choices: .array(try container.decode([String].self, forKey: name).map(JSONValue.string))
                case .seconds: .integer(try Self.integer(container, name))
                }
        }
    }

    /// The decoder says that 1.5 is not an integer, but not where it is.
    private static func integer(_ container: KeyedDecodingContainer<Name>, _ name: Name) throws -> Int64 {
        do { return try container.decode(Int64.self, forKey: name) } catch {
            throw DecodingError.dataCorruptedError(forKey: name, in: container, debugDescription: "no integer")
        }
    }

    func encode(to container: inout KeyedEncodingContainer<Name>) throws {
        for field in ClientSettings.fields {
            let name = Name(field)
            switch self[field] {
            case nil: continue
            case .null: try container.encodeNil(forKey: name)
            case .bool(let value): try container.encode(value, forKey: name)
            case .integer(let value): try container.encode(value, forKey: name)
            case .string(let value): try container.encode(value, forKey: name)
            case .array(let values): try container.encode(values.compactMap(\.string), forKey: name)
            case .number, .object: preconditionFailure("no field of a client is written so")
            }
        }
    }
}
