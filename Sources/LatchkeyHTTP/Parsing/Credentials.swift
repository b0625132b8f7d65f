package import HTTPTypes
import LatchkeyBytes
package import LatchkeyCore
import LatchkeyTokens

/// A client's id and secret from an `Authorization: Basic` header (RFC 7617), each part form-decoded as RFC 6749 2.3.1
/// requires.
package struct BasicCredentials: SecretValue {
    package let name: String
    /// In plain text: pass it to the check and forget it.
    package let secret: String

    /// Nil when the request carries no Basic credentials.
    /// - Throws: `Refusal` `.invalidRequest` for two headers, `.invalidClient` when they are malformed.
    package init?(_ fields: HTTPFields) throws(Refusal) {
        guard let value = try AuthorizationHeader.value(of: "basic", in: fields) else { return nil }
        guard
            // Canonical or not: clients differ, and these bytes are compared, never stored.
            value.utf8.count <= 4096, let bytes = Base64.decode(Array(value.utf8)[...], form: .padded),
            let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            let name = PercentEncoding.text(bytes[..<colon], plusIsSpace: true), !name.isEmpty,
            let secret = PercentEncoding.text(bytes[(colon + 1)...], plusIsSpace: true)
        else {
            throw Refusal(.invalidClient, "The Basic credentials are malformed.")
        }
        self.name = name
        self.secret = secret
    }
}

/// The token of an `Authorization: Bearer` header (RFC 6750 2.1). Only UserInfo reads one in a form (2.2), and none is
/// ever read in a query.
package struct BearerToken: SecretValue {
    /// The token's text: `b64token` characters only.
    package let text: String

    /// Nil when the request carries no bearer token.
    /// - Throws: `Refusal` `.invalidRequest` for two headers or a token with characters outside RFC 6750's grammar.
    package init?(_ fields: HTTPFields) throws(Refusal) {
        guard let value = try AuthorizationHeader.value(of: "bearer", in: fields) else { return nil }
        try self.init(value)
    }

    private init(_ value: String) throws(Refusal) {
        guard !value.isEmpty, value.utf8.allSatisfy(Self.isTokenCharacter) else {
            throw Refusal(.invalidRequest, "The bearer token is malformed.")
        }
        text = value
    }

    /// The token of a request that must carry one, in the header or as `access_token` in the form of a POST: in one of
    /// them (RFC 6750 2).
    /// - Throws: `Refusal` `.bearerMissing`, `.invalidRequest`.
    static func required(anywhereIn request: Request) throws(Refusal) -> BearerToken {
        guard !request.parameters.contains("access_token") else {
            throw Refusal(.invalidRequest, "A token belongs in the header or in the form, never in the URL.")
        }
        let sent = try BearerToken(request.headers)
        var form = RequestParameters()
        let type = MediaType(contentTypeOf: request.headers)?.essence
        if request.method == .post, type?.equalsBytes(of: "application/x-www-form-urlencoded") == true {
            form = try FormParameters.parse(request.body, fields: request.headers)
        }
        guard let inForm = form["access_token"] else {
            guard let sent else { return try required(request.headers) }
            return sent
        }
        guard sent == nil else {
            throw Refusal(.invalidRequest, "The request has two tokens: send one, in the header or in the form.")
        }
        return try BearerToken(inForm)
    }

    /// The token of a request that must carry one.
    /// - Throws: `Refusal` `.bearerMissing`, and as ``init(_:)``.
    static func required(_ fields: HTTPFields) throws(Refusal) -> BearerToken {
        guard let token = try BearerToken(fields) else {
            throw Refusal(.bearerMissing, "This needs an access token: send it as Authorization: Bearer.")
        }
        return token
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~+/=".utf8.contains(byte)
        }
    }
}

/// The `Authorization` header's scheme and value.
package enum AuthorizationHeader {
    /// The value after the scheme (given in lower case, compared without case); nil for another scheme or no header.
    /// - Throws: `Refusal` `.invalidRequest` when there is more than one header.
    static func value(of scheme: String, in fields: HTTPFields) throws(Refusal) -> String? {
        let values = fields[values: .authorization]
        guard values.count <= 1 else {
            throw Refusal(.invalidRequest, "There is more than one Authorization header.")
        }
        guard let value = values.first else { return nil }
        guard uses(scheme, value) else { return nil }
        return String(Substring(value.utf8.dropFirst(scheme.utf8.count).withoutOuterSpace))
    }

    /// Whether a header's value has this scheme, given in lower case.
    static func uses(_ scheme: String, _ value: String) -> Bool {
        value.utf8.prefix { $0 != 0x20 }.equalsIgnoringCase(scheme)
    }
}
