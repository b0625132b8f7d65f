import LatchkeyCore
import LatchkeyTokens

/// `code_challenge` and `code_challenge_method` (RFC 7636 4.3).
///
/// | challenge | method | client | then |
/// | --- | --- | --- | --- |
/// | 32 bytes in base64url | `S256` | any | it counts, also when the client need not send one |
/// | 32 bytes in base64url | absent (which means `plain`), `plain`, any other | any | `invalid_request` |
/// | anything else | any | any | `invalid_request` |
/// | absent | any | any | `invalid_request` |
/// | absent | absent | public, or PKCE is required | `invalid_request` |
/// | absent | absent | confidential with optional PKCE | none |
enum PKCECheck {
    static func challenge(
        _ sent: AuthorizationParameters, of client: Client
    ) throws(AuthorizationError) -> String? {
        let method = sent["code_challenge_method"]
        guard let challenge = sent["code_challenge"] else {
            guard method == nil, client.kind == .confidential, client.pkce == .optional else {
                throw AuthorizationError(.invalidRequest, "A code_challenge of the method S256 is required.")
            }
            return nil
        }
        guard method?.equalsBytes(of: "S256") == true else {
            throw AuthorizationError(.invalidRequest, "The code_challenge_method must be S256.")
        }
        guard Base64URL.decode(challenge)?.count == 32 else {
            throw AuthorizationError(
                .invalidRequest, "The code_challenge must be a SHA-256 digest in base64url without padding.")
        }
        return challenge
    }
}
