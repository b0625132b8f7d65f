/// Parses JSON that strangers sent: request bodies, token headers and claims, key sets.
///
/// Refuses what RFC 8259 leaves to the implementation: duplicate member names, lone surrogates, NUL, a byte order mark.
package enum StrictJSON {
    /// The value of one JSON text in UTF-8.
    ///
    /// - Parameters:
    ///   - maximumLength: in bytes; checked before anything is read.
    ///   - maximumDepth: of nested objects and arrays.
    /// - Throws: ``MalformedJSON``.
    package static func parse(
        _ bytes: [UInt8],
        maximumLength: Int = 65536,
        maximumDepth: Int = 16
    ) throws(MalformedJSON) -> JSONValue {
        var reader = try JSONReader(bytes, maximumLength: maximumLength, maximumDepth: maximumDepth)
        let value = try value(&reader)
        try reader.end()
        return value
    }

    /// Like ``parse(_:maximumLength:maximumDepth:)`` for texts that must be an object.
    ///
    /// - Throws: ``MalformedJSON``, with `.unexpectedType` for another value.
    package static func parseObject(
        _ bytes: [UInt8],
        maximumLength: Int = 65536,
        maximumDepth: Int = 16
    ) throws(MalformedJSON) -> JSONObject {
        let value = try parse(bytes, maximumLength: maximumLength, maximumDepth: maximumDepth)
        guard let object = value.object else { throw MalformedJSON(reason: .unexpectedType, offset: 0) }
        return object
    }

    /// The members of an object in order, each value as written: for a caller that changes some and keeps the others.
    ///
    /// - Throws: ``MalformedJSON``, as ``parseObject(_:maximumLength:maximumDepth:)``.
    package static func members(
        of bytes: [UInt8], maximumLength: Int = 65536, maximumDepth: Int = 16
    ) throws(MalformedJSON) -> [(name: String, text: ArraySlice<UInt8>)] {
        var reader = try JSONReader(bytes, maximumLength: maximumLength, maximumDepth: maximumDepth)
        var members: [(name: String, text: ArraySlice<UInt8>)] = []
        try reader.object { (name, reader) throws(MalformedJSON) in members.append((name, try reader.written())) }
        try reader.end()
        return members
    }

    /// Skips any value, checked as strictly, without keeping it: unwanted values cost no memory.
    static func skip(_ reader: inout JSONReader) throws(MalformedJSON) {
        switch try reader.peek() {
        case UInt8(ascii: "{"):
            try reader.object { (_, reader) throws(MalformedJSON) in try skip(&reader) }
        case UInt8(ascii: "["):
            try reader.array { (reader) throws(MalformedJSON) in try skip(&reader) }
        default:
            _ = try value(&reader)
        }
    }

    /// Reads any value; the reader limits its depth.
    static func value(_ reader: inout JSONReader) throws(MalformedJSON) -> JSONValue {
        switch try reader.peek() {
        case UInt8(ascii: "{"):
            var members: [JSONObject.Member] = []
            try reader.object { (name, reader) throws(MalformedJSON) in
                members.append(JSONObject.Member(name: name, value: try value(&reader)))
            }
            return .object(JSONObject(members: members))
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try reader.array { (reader) throws(MalformedJSON) in elements.append(try value(&reader)) }
            return .array(elements)
        case UInt8(ascii: "\""):
            return .string(try reader.string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            switch try reader.number() {
            case .integer(let value): return .integer(value)
            case .real(let value): return .number(value)
            }
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return try reader.literal().map(JSONValue.bool) ?? .null
        default:
            throw reader.failure(.unexpectedCharacter)
        }
    }
}

/// Why a JSON text was refused. Says what is wrong and where, and never quotes the text: it may hold a secret.
package struct MalformedJSON: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    package enum Reason: String, Sendable, Hashable {
        /// Longer than the cap.
        case tooLong = "too long"
        /// Nested deeper than the cap.
        case tooDeep = "nested too deeply"
        /// The text ends inside a value.
        case truncated = "ends too early"
        /// A character that the grammar of RFC 8259 does not allow here.
        case unexpectedCharacter = "unexpected character"
        /// Something other than white space after the value.
        case trailingBytes = "bytes after the value"
        /// Bytes that are not UTF-8.
        case notUTF8 = "not UTF-8"
        /// An unknown escape, half of a surrogate pair, or an escaped NUL.
        case badEscape = "bad escape in a string"
        /// A number outside the grammar or beyond the range of a Double.
        case badNumber = "bad number"
        /// An object with two members of the same name.
        case duplicateName = "duplicate member name"
        /// Valid JSON of another type than expected.
        case unexpectedType = "unexpected type"
    }

    /// What is wrong.
    package let reason: Reason
    /// Where, in bytes from the start of the text.
    package let offset: Int

    /// Both parts in English.
    package var description: String { "\(reason.rawValue) at byte \(offset)" }
}
