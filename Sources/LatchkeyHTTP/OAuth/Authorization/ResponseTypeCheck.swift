import LatchkeyCore
import LatchkeyTokens

/// `response_type` (RFC 6749 3.1.1).
///
/// | sent | then |
/// | --- | --- |
/// | `code` | goes on |
/// | nothing | `invalid_request` |
/// | any other, such as `token`, `id_token`, `code id_token`, `none` | `unsupported_response_type` (RFC 9700 2.1.2) |
enum ResponseTypeCheck {
    static func check(_ sent: AuthorizationParameters) throws(AuthorizationError) {
        guard let type = sent["response_type"] else {
            throw AuthorizationError(.invalidRequest, "The parameter response_type is missing.")
        }
        guard type.equalsBytes(of: "code") else {
            throw AuthorizationError(.unsupportedResponseType, "The only response_type is code.")
        }
    }
}
