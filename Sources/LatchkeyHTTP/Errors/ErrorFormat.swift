import HTTPTypes
import LatchkeyCore

/// What a path's errors look like: RFC 6749 JSON at OAuth endpoints, RFC 9457 problem details everywhere else. The
/// `Accept` header never changes it.
///
/// All that a format decides is asked here, by switches without a default: a further one (pages for people) is a case, a
/// file with its two renderings, and what the compiler asks for.
package enum ErrorFormat: Sendable, Hashable {
    case oauth
    case problem

    /// A "no" to the client.
    func rendering(of refusal: Refusal) -> RenderedError {
        switch self {
        case .oauth: OAuthErrorFormat.rendering(of: refusal)
        case .problem: ProblemFormat.rendering(of: refusal)
        }
    }

    /// A failure of ours, without detail.
    func renderingOfFault(_ context: RequestContext) -> RenderedError {
        let detail = "The server failed to answer. Its log has the cause under this request's id."
        return switch self {
        case .oauth: OAuthErrorFormat.renderingOfFault(detail)
        case .problem: ProblemFormat.renderingOfFault(detail, context)
        }
    }

    /// Whether each 401 asks for an access token, when it does not ask for a client.
    var asksForAccessToken: Bool {
        switch self {
        case .oauth: false
        case .problem: true
        }
    }
}

/// An error in the words of a format; what all formats have in common comes on top.
struct RenderedError {
    let status: Int
    let contentType: String
    let body: [UInt8]
    /// Beyond the content type.
    var fields = HTTPFields()
}
