import LatchkeyCore
import LatchkeyTokens

/// `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices 2.1, Form Post Response Mode).
///
/// | sent | then |
/// | --- | --- |
/// | nothing, `query` | `query` |
/// | `form_post` | `form_post`, for errors too |
/// | `fragment`, or any other | `invalid_request`, in the mode `query` |
enum ResponseModeCheck {
    static func read(_ sent: AuthorizationParameters) throws(AuthorizationError) -> AuthorizationRequest.ResponseMode {
        guard let name = sent["response_mode"] else { return .query }
        guard let mode = AuthorizationRequest.ResponseMode.allCases.first(where: { $0.rawValue.equalsBytes(of: name) })
        else { throw AuthorizationError(.invalidRequest, "The response_mode is neither query nor form_post.") }
        return mode
    }
}
