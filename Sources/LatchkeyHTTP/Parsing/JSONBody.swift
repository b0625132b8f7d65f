package import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens
package import NIOCore

/// A request's JSON object with typed access by name. Unknown members are ignored, unless ``members(only:)`` is called.
/// Only an absent member and `null` count as "not given". A member of the wrong type is refused with its name, which
/// comes from our code.
package struct JSONBody: Sendable, Equatable {
    private let object: JSONObject?

    /// Parses a body. An empty body without content type is an object without members if `mayBeEmpty`.
    /// - Throws: `Refusal` `.unsupportedMediaType` unless it is `application/json` (a `+json` type is accepted too);
    ///   `.invalidRequest` for anything but one strict JSON object (RFC 8259, no duplicate names, at most 16 deep).
    package init(_ body: ByteBuffer, fields: HTTPFields, mayBeEmpty: Bool = false) throws(Refusal) {
        guard !mayBeEmpty || body.readableBytes > 0 else {
            self.init(object: nil)
            return
        }
        guard
            let type = MediaType(contentTypeOf: fields)?.essence,
            type.equalsBytes(of: "application/json")
                || (type.beginsWithBytes(of: "application/") && type.endsWithBytes(of: "+json"))
        else {
            throw Refusal(.unsupportedMediaType, "The body must be application/json.")
        }
        try self.init(parsing: Array(body.readableBytesView))
    }

    /// Parses bytes that should be JSON.
    /// - Throws: `Refusal` `.invalidRequest`.
    init(parsing bytes: [UInt8]) throws(Refusal) {
        do {
            self.init(object: try StrictJSON.parseObject(bytes))
        } catch {
            // The parser's reason names a kind and a position, never the text itself.
            throw Refusal(.invalidRequest, "The body is not an acceptable JSON object: \(error).")
        }
    }

    private init(object: JSONObject?) { self.object = object }

    /// Parses a request's body, in the same way.
    init(_ request: Request, mayBeEmpty: Bool = false) throws(Refusal) {
        try self.init(request.body, fields: request.headers, mayBeEmpty: mayBeEmpty)
    }

    /// Refuses other members: a misspelt one would otherwise count as absent.
    /// - Throws: `Refusal` `.invalidRequest`, which lists `known` and never the caller's text.
    package func members(only known: [String]) throws(Refusal) {
        let isKnown = { (member: JSONObject.Member) in known.contains { $0.utf8.elementsEqual(member.name.utf8) } }
        guard (object?.members ?? []).allSatisfy(isKnown) else {
            throw Refusal(
                .invalidRequest,
                "The body has an unknown member. Known members: \(known.joined(separator: ", ")).")
        }
    }

    /// Whether the member is present as `null`.
    package func isNull(_ name: String) -> Bool { object?[name]?.isNull == true }

    /// The value as it is; nil when absent or `null`.
    package subscript(_ name: String) -> JSONValue? {
        guard let value = object?[name], !value.isNull else { return nil }
        return value
    }

    /// A string, or nil when not given.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func string(_ name: String) throws(Refusal) -> String? {
        try member(name, is: "a string", \.string)
    }

    /// A string that must be given and must not be empty.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func requiredString(_ name: String) throws(Refusal) -> String {
        guard let text = try string(name), !text.isEmpty else {
            throw Refusal(.invalidRequest, "The member \(name) is missing or empty.")
        }
        return text
    }

    /// A boolean, or nil when not given.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func bool(_ name: String) throws(Refusal) -> Bool? {
        try member(name, is: "true or false", \.bool)
    }

    /// An integer literal, or nil when not given; `1.0` is refused.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func integer(_ name: String) throws(Refusal) -> Int64? {
        try member(name, is: "an integer", \.integer)
    }

    /// An array of strings, or nil when not given.
    /// - Throws: `Refusal` `.invalidRequest`.
    package func strings(_ name: String) throws(Refusal) -> [String]? {
        try member(name, is: "an array of strings", \.strings)
    }

    private func member<Value>(
        _ name: String,
        is type: String,
        _ read: (JSONValue) -> Value?
    ) throws(Refusal) -> Value? {
        guard let value = self[name] else { return nil }
        guard let result = read(value) else {
            throw Refusal(.invalidRequest, "The member \(name) must be \(type).")
        }
        return result
    }
}
