import LatchkeyBytes
package import LatchkeyTokens

/// Further claims about a user: those of OpenID Connect Core 5.1 that have no field of their own, and the operator's.
/// One JSON object, bounded in every direction, because an application gets it in one answer.
package struct ProfileClaims: Sendable, Equatable {
    /// The longest stored text.
    package static let maximumBytes = 8192
    /// Objects and arrays inside one another, the object itself included.
    package static let maximumDepth = 4
    private static let maximumNameBytes = 128

    /// Claims that say who signed what for whom, and those that have a field of their own. A profile that could set
    /// them would speak for the server.
    package static let reserved = [
        "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "auth_time", "nonce", "acr", "amr", "azp", "sid", "sub_jwk",
        "at_hash", "c_hash", "s_hash", "email", "email_verified", "name", "locale", "zoneinfo", "preferred_username",
        "updated_at", "roles", "scope", "client_id", "cnf", "act", "may_act", "events",
        "status", "token_use", "typ", "active", "_claim_names", "_claim_sources",
    ]

    /// In the order of the text; never `null`.
    package let members: JSONObject
    /// The text as it is stored: compact, at most ``maximumBytes``.
    package let text: String

    /// - Throws: `invalid_request` with what to change. It names none of the caller's text but the claim.
    package init(_ object: JSONObject) throws(Refusal) {
        for member in object.members { try Self.check(member) }
        guard Self.depth(.object(object)) <= Self.maximumDepth else {
            throw Self.refused("The claims are nested too deeply: use at most \(Self.maximumDepth) levels.")
        }
        var json = JSONWriter(reserving: 512)
        json.value(.object(object))
        guard json.bytes.count <= Self.maximumBytes else {
            throw Self.refused("The claims are too long: the object has at most \(Self.maximumBytes) bytes.")
        }
        members = object
        text = String(decoding: json.bytes, as: UTF8.self)
    }

    /// - Throws: ``MalformedJSON``.
    package init(stored text: String) throws {
        members = try StrictJSON.parseObject(
            Array(text.utf8), maximumLength: Self.maximumBytes, maximumDepth: Self.maximumDepth)
        self.text = text
    }

    package subscript(_ name: String) -> JSONValue? { members[name] }

    /// Whether a claim may have this name: 1 to 128 printing ASCII characters, without quotation mark, backslash, comma
    /// and equals sign, and not one of the server's own.
    package static func isName(_ name: String) -> Bool { isBounded(name) && !reserved.containsBytes(of: name) }

    private static func isBounded(_ name: String) -> Bool {
        (1...maximumNameBytes).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"\\,=".utf8.contains($0) }
    }

    private static func check(_ member: JSONObject.Member) throws(Refusal) {
        guard isBounded(member.name), areBounded(member.value) else {
            throw refused(
                "A claim's name has 1 to 128 printing ASCII characters, without quotation mark, backslash, comma and "
                    + "equals sign: change the name.")
        }
        guard !reserved.containsBytes(of: member.name) else {
            throw refused("The claim \(member.name) is the server's own: remove it from the claims.")
        }
        guard !holdsControl(member.value) else {
            throw refused("The claim \(member.name) has control characters: remove them.")
        }
        if let form = StandardClaim.named(member.name), !form.accepts(member.value) {
            throw refused("The claim \(member.name) must be \(form.accepted): correct it.")
        }
        guard !member.value.isNull else {
            throw refused("The claim \(member.name) has no value: leave it out.")
        }
    }

    /// Whether the names inside a value are bounded as well.
    private static func areBounded(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): object.members.allSatisfy { isBounded($0.name) && areBounded($0.value) }
        case .array(let elements): elements.allSatisfy(areBounded)
        case .null, .bool, .integer, .number, .string: true
        }
    }

    /// Lines may be broken, as in a postal address.
    private static func holdsControl(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.utf8.contains { $0 == 0x7F || $0 < 0x20 && !"\t\r\n".utf8.contains($0) }
        case .object(let object): object.members.contains { holdsControl($0.value) }
        case .array(let elements): elements.contains(where: holdsControl)
        case .null, .bool, .integer, .number: false
        }
    }

    private static func depth(_ value: JSONValue) -> Int {
        switch value {
        case .object(let object): 1 + (object.members.map { depth($0.value) }.max() ?? 0)
        case .array(let elements): 1 + (elements.map(depth).max() ?? 0)
        case .null, .bool, .integer, .number, .string: 0
        }
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }
}
