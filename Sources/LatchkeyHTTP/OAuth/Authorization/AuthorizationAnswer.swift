package import LatchkeyCore
import LatchkeyTokens

/// What the client gets at its redirect URI: a code or an error, `state` as it came, and `iss` (RFC 6749 4.1.2, RFC
/// 9207 2).
package struct AuthorizationAnswer: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case code(String)
        case error(AuthorizationError)
    }

    package let outcome: Outcome
    /// Verified: see ``AuthorizationReader``.
    package let redirectURI: String
    package let mode: AuthorizationRequest.ResponseMode
    package let state: String?
    package let issuer: String

    /// The answer to a request. Its redirect URI was verified when the request was read.
    package init(to request: AuthorizationRequest, _ outcome: Outcome, issuer: String) {
        self.outcome = outcome
        redirectURI = request.redirectURI
        mode = request.responseMode
        state = request.state
        self.issuer = issuer
    }

    /// The parameters in their order: the fields of a form in the mode `form_post` (OAuth 2.0 Form Post Response Mode
    /// 2), part of ``location`` in the mode `query`.
    package var parameters: [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] =
            switch outcome {
            case .code(let code): [("code", code)]
            case .error(let error): [("error", error.code.rawValue), ("error_description", error.description)]
            }
        if let state { parameters.append(("state", state)) }
        parameters.append(("iss", issuer))
        return parameters
    }

    /// The redirect URI with the parameters in its query; a registered query stays in front of them (RFC 6749 3.1.2).
    package var location: String {
        URLQuery.appended(to: redirectURI, parameters.map { ($0.name, $0.value) })
    }
}
