/// A JSON value. An integer literal that fits 64 bits is exact; `1.0`, `1e0` and larger integers are `.number`.
package enum JSONValue: Sendable, Hashable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// An integer literal without fraction and exponent.
    case integer(Int64)
    /// Any other number, always finite.
    case number(Double)
    /// A string without NUL.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object without duplicate names.
    case object(JSONObject)

    /// The string; nil for any other value.
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The value of an integer literal; nil for any other value, including `1.0`.
    package var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The boolean; nil for any other value.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array; nil for any other value.
    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The object; nil for any other value.
    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The elements of an array of strings; nil for any other value, including an array with one other element.
    package var strings: [String]? {
        guard let array else { return nil }
        var strings: [String] = []
        for element in array {
            guard let string = element.string else { return nil }
            strings.append(string)
        }
        return strings
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }
}

/// A JSON object: members in the order of the text, no two with the same name.
package struct JSONObject: Sendable, Hashable {
    /// One name and its value.
    package struct Member: Sendable, Hashable {
        /// The name, unescaped.
        package let name: String
        /// The value.
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The members in the order of the text.
    package let members: [Member]

    /// The caller vouches for the names: no two are the same.
    package init(members: [Member]) {
        self.members = members
    }

    /// The value of the member with exactly this name; nil without one. An explicit `null` is `.null`.
    package subscript(name: String) -> JSONValue? {
        // Bytes, not Swift's canonical equivalence: U+212A is not the letter K.
        members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }
}
