/// What a PATCH says of a field that may be empty: an absent member keeps it, `null` clears it, a value sets it
/// (RFC 7396).
package enum FieldChange<Value: Codable & Sendable>: Sendable {
    case keep
    case clear
    case set(Value)

    /// The field after the change.
    package func applied(to current: Value?) -> Value? {
        switch self {
        case .keep: current
        case .clear: nil
        case .set(let value): value
        }
    }

    /// The same change of a field of another type.
    package func map<Other: Codable & Sendable>(_ transform: (Value) throws -> Other) rethrows -> FieldChange<Other> {
        switch self {
        case .keep: .keep
        case .clear: .clear
        case .set(let value): .set(try transform(value))
        }
    }

    /// Whether the member is absent.
    package var isKeep: Bool {
        if case .keep = self { true } else { false }
    }
}

extension FieldChange: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    func decodeChange<Value: Codable & Sendable>(_ type: Value.Type, forKey key: Key) throws -> FieldChange<Value> {
        guard contains(key) else { return .keep }
        return try decodeNil(forKey: key) ? .clear : .set(decode(type, forKey: key))
    }
}

extension KeyedEncodingContainer {
    mutating func encodeChange<Value: Codable & Sendable>(_ change: FieldChange<Value>, forKey key: Key) throws {
        switch change {
        case .keep: break
        case .clear: try encodeNil(forKey: key)
        case .set(let value): try encode(value, forKey: key)
        }
    }
}
