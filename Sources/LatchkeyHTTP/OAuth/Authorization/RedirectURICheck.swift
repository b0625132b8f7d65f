import LatchkeyCore
import LatchkeyTokens

/// `redirect_uri` (RFC 6749 3.1.2, RFC 9700 2.1).
///
/// | sent | registered | `openid` asked for | then |
/// | --- | --- | --- | --- |
/// | yes | it matches: see `RedirectURIMatch` | either | that one |
/// | yes | it does not | either | a page |
/// | no | exactly one | no | the registered one (RFC 6749 3.1.2.3) |
/// | no | exactly one | yes, or the scope cannot be read | a page (OpenID Connect Core 3.1.2.1 requires it) |
/// | no | none or several | either | a page |
enum RedirectURICheck {
    static func request(
        _ sent: AuthorizationParameters, of client: Client
    ) throws(AuthorizationFailure) -> AuthorizationRequest {
        if let uri = sent["redirect_uri"] {
            guard client.registers(redirectURI: uri) else { throw .page(.unknownRedirectURI) }
            return AuthorizationRequest(client: client, redirectURI: uri)
        }
        guard client.redirectURIs.count == 1, !asksForOpenID(sent) else { throw .page(.noRedirectURI) }
        var request = AuthorizationRequest(client: client, redirectURI: client.redirectURIs[0])
        request.namesRedirectURI = false
        return request
    }

    private static func asksForOpenID(_ sent: AuthorizationParameters) -> Bool {
        guard let text = sent["scope"] else { return false }
        return Scope(text)?.contains("openid") ?? true
    }
}
