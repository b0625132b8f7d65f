import HTTPTypes
import LatchkeyCore

/// The format of a path's errors: RFC 6749 JSON at OAuth endpoints, pages where people are, RFC 9457 problem details
/// everywhere else. The `Accept` header never changes it.
///
/// Everything that depends on the format is decided here, by switches without a default. A further format needs a case, a
/// file with its two renderings, and what the compiler then asks for.
package enum ErrorFormat: Sendable, Hashable {
    case oauth
    case problem
    /// For people. Whoever has the templates shows them (``HTTPSettings/showError``); without templates a problem.
    case page

    /// A "no" to the client.
    func rendering(of refusal: Refusal) -> RenderedError {
        switch self {
        case .oauth: OAuthErrorFormat.rendering(of: refusal)
        case .problem, .page: ProblemFormat.rendering(of: refusal)
        }
    }

    /// A fault of ours, without detail.
    func renderingOfFault(_ context: RequestContext) -> RenderedError {
        let detail = "The server failed to answer. Its log has the cause under this request's id."
        return switch self {
        case .oauth: OAuthErrorFormat.renderingOfFault(detail)
        case .problem, .page: ProblemFormat.renderingOfFault(detail, context)
        }
    }

    /// Whether each 401 asks for an access token, unless it asks for a client.
    var asksForAccessToken: Bool {
        switch self {
        case .oauth, .page: false
        case .problem: true
        }
    }
}

/// An error in one format; the parts that all formats have in common are added later.
struct RenderedError {
    let status: Int
    let contentType: String
    let body: [UInt8]
    /// Fields in addition to the content type.
    var fields = HTTPFields()
}
