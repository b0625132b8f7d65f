import HTTPTypes
import LatchkeyCore

/// The `WWW-Authenticate` header of a refusal (RFC 6750 3, RFC 9110 11.6.1).
///
/// Every 401 in problem format carries a Bearer challenge, without an error code unless a token was presented. Browsers
/// show no dialogue for this scheme.
struct BearerChallenge: Sendable, Equatable {
    /// `invalid_token`, `insufficient_scope`, `invalid_request`, or nil when there was no token.
    let error: String?
    let description: String?

    /// Nil when the refusal is not about a bearer token.
    /// - Parameter isAboutToken: whether nothing but a token is sent to the path.
    init?(_ refusal: Refusal, status: Int, format: ErrorFormat, isAboutToken: Bool = false) {
        switch refusal.code {
        case .invalidToken: self.init(error: "invalid_token", description: refusal.description6749)
        case .insufficientScope: self.init(error: "insufficient_scope", description: refusal.description6749)
        case .bearerMissing: self.init(error: nil, description: nil)
        case .invalidRequest where isAboutToken:
            self.init(error: "invalid_request", description: refusal.description6749)
        default:
            guard status == 401, format.asksForAccessToken, refusal.code != .invalidClient else { return nil }
            self.init(error: nil, description: nil)
        }
    }

    private init(error: String?, description: String?) {
        self.error = error
        self.description = description
    }

    /// - Parameter scope: the scope that the path requires, sent with `insufficient_scope`.
    func text(scope: String?) -> String {
        var text = "Bearer realm=\"latchkey\""
        if let error { text += ", error=\"\(error)\"" }
        if let description { text += ", error_description=\"\(description)\"" }
        if error == "insufficient_scope", let scope { text += ", scope=\"\(scope)\"" }
        return text
    }
}

extension RouteTable.Resource {
    /// Whether a request to the path is nothing but a token.
    var isAboutToken: Bool { routes.contains { $0.access == .userInfo } }

    /// The scope that every route of the path requires, if it is the same.
    var requiredScope: String? {
        let scopes = Set(routes.map(\.access.requiredScope))
        return scopes.count == 1 ? scopes.first.flatMap { $0 } : nil
    }
}

/// The Basic challenge that RFC 6749 5.2 requires when a client that used the `Authorization` header is refused. It is
/// outside the error rendering, because only this place sees the request. Requests without Basic credentials get none:
/// in a page's `fetch` it would make browsers show a password dialogue.
enum ClientChallenge {
    static func field(_ response: Response, _ request: Request) -> HTTPField? {
        // A path that requires an access token has already said so; Basic would not help there.
        guard response.status == .unauthorized, response.headers[.wwwAuthenticate] == nil,
            usedBasic(request.headers)
        else { return nil }
        return HTTPField(name: .wwwAuthenticate, value: "Basic realm=\"latchkey\", charset=\"UTF-8\"")
    }

    private static func usedBasic(_ fields: HTTPFields) -> Bool {
        fields[values: .authorization].contains { AuthorizationHeader.uses("basic", $0) }
    }
}
