package import HTTPTypes
import LatchkeyBytes
package import LatchkeyCore
import LatchkeyTokens
package import NIOCore

/// The name and value pairs of a query string or a form body, by the rules of RFC 6749 3.1 and 3.2: unknown names are
/// ignored, an empty value counts as absent, a repeated name is refused unless it may repeat.
package struct RequestParameters: Sendable, Equatable {
    /// Most pairs in one request.
    package static let maxCount = 64

    private struct Pair: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// In the order of the text. So few that a search is faster than a table.
    private var pairs: [Pair] = []

    /// No parameters.
    package init() {}

    /// Parses `application/x-www-form-urlencoded` text. `repeatable` names may be repeated.
    /// - Parameter most: most pairs.
    /// - Throws: `Refusal` `.invalidRequest`.
    package init(
        _ encoded: some Collection<UInt8>, repeatable: Set<String> = [], most: Int = maxCount
    ) throws(Refusal) {
        let bytes = Array(encoded)
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "&")) ?? bytes.count
            if end > start { try append(bytes[start..<end], repeatable, most) }
            start = end + 1
        }
    }

    private mutating func append(_ pair: ArraySlice<UInt8>, _ repeatable: Set<String>, _ most: Int) throws(Refusal) {
        guard pairs.count < most else {
            throw Refusal(.invalidRequest, "There are more than \(most) parameters.")
        }
        let middle = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
        guard
            let name = PercentEncoding.text(pair[..<middle], plusIsSpace: true),
            let value = PercentEncoding.text(pair[middle...].dropFirst(), plusIsSpace: true)
        else {
            throw Refusal(.invalidRequest, "A parameter is not valid percent-encoded UTF-8 without NUL.")
        }
        guard !contains(name) || repeatable.containsBytes(of: name) else {
            throw Refusal(.invalidRequest, "A parameter is given more than once.")
        }
        pairs.append(Pair(name: name, value: value))
    }

    /// The value, or nil when absent or empty. For a repeated parameter: the first.
    package subscript(_ name: String) -> String? {
        pairs.first { !$0.value.isEmpty && $0.name.equalsBytes(of: name) }?.value
    }

    /// Whether the parameter is present, empty or not.
    package func contains(_ name: String) -> Bool { pairs.contains { $0.name.equalsBytes(of: name) } }

    /// The names as received, and whether each has a value.
    var presence: some Sequence<(name: String, isEmpty: Bool)> { pairs.lazy.map { ($0.name, $0.value.isEmpty) } }

    /// The names and values as received, without those that have no value.
    package var values: some Sequence<(name: String, value: String)> {
        pairs.lazy.filter { !$0.value.isEmpty }.map { ($0.name, $0.value) }
    }

    /// All values of a repeatable parameter, in order.
    package func all(_ name: String) -> [String] {
        pairs.filter { !$0.value.isEmpty && $0.name.equalsBytes(of: name) }.map(\.value)
    }

    /// The value of a required parameter. `name` comes from our code, so the message may show it.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func required(_ name: String) throws(Refusal) -> String {
        guard let value = self[name] else {
            throw Refusal(.invalidRequest, "The parameter \(name) is missing.")
        }
        return value
    }

    /// A non-negative decimal integer without sign, or nil when absent.
    /// - Throws: `Refusal` `.invalidRequest` for anything else, including numbers beyond 2^53.
    package func integer(_ name: String) throws(Refusal) -> Int? {
        guard let text = self[name] else { return nil }
        guard
            text.utf8.count <= 16, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), number <= 1 << 53
        else {
            throw Refusal(.invalidRequest, "The parameter \(name) must be a non-negative integer.")
        }
        return number
    }
}

/// A request's form body.
package enum FormParameters {
    /// - Throws: `Refusal` `.unsupportedMediaType` unless the body is a form; `.invalidRequest` when it is malformed. A
    ///   missing body without content type is a form without parameters.
    package static func parse(
        _ body: ByteBuffer,
        fields: HTTPFields,
        repeatable: Set<String> = []
    ) throws(Refusal) -> RequestParameters {
        if body.readableBytes == 0, fields[values: .contentType].isEmpty { return RequestParameters() }
        try requireType(fields)
        return try RequestParameters(body.readableBytesView, repeatable: repeatable)
    }

    /// - Throws: `Refusal` `.unsupportedMediaType` unless the fields say that the body is a form.
    package static func requireType(_ fields: HTTPFields) throws(Refusal) {
        guard let type = MediaType(contentTypeOf: fields)?.essence,
            type.equalsBytes(of: "application/x-www-form-urlencoded")
        else {
            throw Refusal(.unsupportedMediaType, "The body must be application/x-www-form-urlencoded.")
        }
    }
}
