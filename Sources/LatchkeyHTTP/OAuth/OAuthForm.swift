import Hummingbird
import LatchkeyCore
import NIOCore

/// A request to an OAuth endpoint: a form body (RFC 6749 3.2), never with credentials in the URL, where logs and
/// histories would keep them.
enum OAuthForm {
    /// What must not stand in a query string.
    private static let credentials = [
        "client_secret", "client_assertion", "refresh_token", "access_token", "token", "code", "password",
    ]

    /// - Throws: `Refusal` `invalid_request`, `unsupported_media_type`.
    static func read(_ request: Request, repeatable: Set<String> = []) async throws -> RequestParameters {
        let query = try QueryParameters.parse(request.uri.query)
        guard credentials.allSatisfy({ query[$0] == nil }) else {
            throw Refusal(.invalidRequest, "Secrets and tokens belong in the body, never in the URL.")
        }
        let body = try await request.body.collect(upTo: TransportLimits().maxBodyBytes)
        return try FormParameters.parse(body, fields: request.headers, repeatable: repeatable)
    }
}
