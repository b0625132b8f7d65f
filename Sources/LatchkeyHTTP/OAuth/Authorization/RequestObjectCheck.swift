import LatchkeyCore

/// `request` and `request_uri` (OpenID Connect Core 6, RFC 9101).
///
/// | sent | then |
/// | --- | --- |
/// | neither | goes on |
/// | `request` | `request_not_supported` |
/// | `request_uri`, of whatever form | `request_uri_not_supported` |
///
/// Ignoring them would run a request that is weaker than the signed one that the client believes it sent.
enum RequestObjectCheck {
    static func check(_ sent: AuthorizationParameters) throws(AuthorizationError) {
        guard sent["request"] == nil else {
            throw AuthorizationError(.requestNotSupported, "Request objects are not supported: send parameters.")
        }
        guard sent["request_uri"] == nil else {
            throw AuthorizationError(.requestURINotSupported, "A request_uri is not supported: send parameters.")
        }
    }
}
