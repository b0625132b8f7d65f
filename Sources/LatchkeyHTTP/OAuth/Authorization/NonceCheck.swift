import LatchkeyCore

/// `nonce` (OpenID Connect Core 3.1.2.1): returned in the ID token as it came.
///
/// | sent | then |
/// | --- | --- |
/// | nothing | no nonce in the ID token |
/// | up to 512 bytes | that one |
/// | more | `invalid_request`: an ID token must fit into a header field |
enum NonceCheck {
    static let longest = 512

    static func read(_ sent: AuthorizationParameters) throws(AuthorizationError) -> String? {
        guard let nonce = sent["nonce"] else { return nil }
        guard nonce.utf8.count <= longest else {
            throw AuthorizationError(.invalidRequest, "The nonce is longer than \(longest) bytes.")
        }
        return nonce
    }
}
