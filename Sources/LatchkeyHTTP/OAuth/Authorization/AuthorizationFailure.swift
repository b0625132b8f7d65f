import LatchkeyCore

/// Why an authorization request ends before anybody is asked to sign in.
package enum AuthorizationFailure: Error, Sendable, Equatable {
    /// The browser stays here and shows a page: where the request wants the answer is not known to be the client's.
    case page(Problem)
    /// The client gets an error at its verified redirect URI.
    case redirect(AuthorizationAnswer)

    /// What a page says (RFC 6749 4.1.2.1: the user is informed, and never redirected).
    package enum Problem: String, Sendable, CaseIterable {
        case tooLarge = "too_large"
        case malformed
        case noClient = "no_client"
        /// There is none with this id, or it is disabled.
        case unknownClient = "unknown_client"
        /// It may not send people here to sign in.
        case clientNotAllowed = "client_not_allowed"
        case noRedirectURI = "no_redirect_uri"
        case unknownRedirectURI = "unknown_redirect_uri"
    }
}

/// An error that goes to the client.
package struct AuthorizationError: Error, Sendable, Equatable {
    /// The closed list of codes, each with the document that defines it.
    package enum Code: String, Sendable, CaseIterable {
        // RFC 6749 4.1.2.1
        case invalidRequest = "invalid_request"
        case unauthorizedClient = "unauthorized_client"
        case accessDenied = "access_denied"
        case unsupportedResponseType = "unsupported_response_type"
        case invalidScope = "invalid_scope"
        case temporarilyUnavailable = "temporarily_unavailable"
        // OpenID Connect Core 3.1.2.6
        case interactionRequired = "interaction_required"
        case loginRequired = "login_required"
        case consentRequired = "consent_required"
        case requestNotSupported = "request_not_supported"
        case requestURINotSupported = "request_uri_not_supported"
        // RFC 8707 2
        case invalidTarget = "invalid_target"
        // OpenID Connect Core Error Code unmet_authentication_requirements
        case unmetAuthenticationRequirements = "unmet_authentication_requirements"
    }

    package let code: Code
    /// One sentence for the client's developer: ASCII without quotes and backslashes, and never an echo of input.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
