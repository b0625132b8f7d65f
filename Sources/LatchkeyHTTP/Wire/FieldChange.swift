/// What a PATCH says of a field that may be empty: an absent member keeps it, `null` clears it, a value sets it
/// (RFC 7396).
package enum FieldChange<Value: Codable & Sendable>: Sendable {
    case keep
    case clear
    case set(Value)

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
