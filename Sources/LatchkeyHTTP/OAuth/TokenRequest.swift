package import LatchkeyCore
package import LatchkeyTokens
import NIOCore

/// What a form at the token endpoint asks for, judged: the grants that exist, and nothing else.
package enum TokenRequest: Sendable, Equatable {
    /// RFC 6749 6.
    case refreshToken(token: String, scope: Scope?, resources: [String])
    /// RFC 6749 4.4.
    case clientCredentials(scope: Scope?, resources: [String])

    /// The parameters that may come more than once (RFC 8707 2).
    static let repeatable: Set<String> = ["resource"]

    /// - Throws: `Refusal` `invalid_request`, `unsupported_grant_type`, `invalid_scope`.
    package init(_ form: RequestParameters) throws(Refusal) {
        guard let grant = Client.Grant(rawValue: try form.required("grant_type")) else {
            let known = Client.Grant.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.unsupportedGrantType, "This grant type does not exist here. Supported: \(known).")
        }
        switch grant {
        case .refreshToken:
            self = .refreshToken(
                token: try form.required("refresh_token"), scope: try Scope(parameter: form["scope"]),
                resources: form.all("resource"))
        case .clientCredentials:
            self = .clientCredentials(scope: try Scope(parameter: form["scope"]), resources: form.all("resource"))
        }
    }

    /// The grant, for the client's list of those that it may use.
    package var grant: Client.Grant {
        switch self {
        case .refreshToken: .refreshToken
        case .clientCredentials: .clientCredentials
        }
    }
}

extension Scope {
    /// A `scope` parameter; nil when absent.
    /// - Throws: `Refusal` `invalid_scope` for text outside RFC 6749 3.3.
    init?(parameter text: String?) throws(Refusal) {
        guard let text else { return nil }
        guard let scope = Scope(text) else {
            throw Refusal(.invalidScope, "The scope must be tokens separated by single spaces (RFC 6749 section 3.3).")
        }
        self = scope
    }
}

/// `resource` parameters (RFC 8707). A client's audience is configured, not asked for: a request may name what its token
/// is for anyway, and the token is what it always is.
package enum ResourceIndicator {
    /// - Parameter audience: `aud` of the token that the request would get without the parameter.
    /// - Throws: `Refusal` `invalid_target` when one of `resources` is something else.
    package static func check(_ resources: [String], within audience: [String]) throws(Refusal) {
        guard resources.allSatisfy({ audience.containsBytes(of: $0) }) else {
            throw Refusal(.invalidTarget, "The resource is not an audience of this client's tokens.")
        }
    }
}

/// A request to an OAuth endpoint: a form body (RFC 6749 3.2), never with credentials in the URL, where logs and
/// histories would keep them.
enum OAuthForm {
    /// What must not stand in a query string.
    private static let credentials = [
        "client_secret", "client_assertion", "refresh_token", "access_token", "token", "code", "password",
    ]

    /// - Throws: `Refusal` `invalid_request`, `unsupported_media_type`.
    static func read(_ request: Request, repeatable: Set<String> = []) throws(Refusal) -> RequestParameters {
        let query = request.parameters
        guard credentials.allSatisfy({ query[$0] == nil }) else {
            throw Refusal(.invalidRequest, "Secrets and tokens belong in the body, never in the URL.")
        }
        return try FormParameters.parse(request.body, fields: request.headers, repeatable: repeatable)
    }
}
