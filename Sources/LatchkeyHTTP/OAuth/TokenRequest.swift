package import LatchkeyCore
package import LatchkeyTokens

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
