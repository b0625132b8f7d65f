import LatchkeyCore

/// A request to an OAuth endpoint: a form body (RFC 6749 3.2). Credentials are never in the URL, where logs and
/// histories would keep them.
enum OAuthForm {
    /// Parameters that must not be in a query string.
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
