import LatchkeyCore
import LatchkeyTokens

/// An authorization request of the server itself: a page of our own needs the browser session, or a fresh proof.
///
/// | sent | then |
/// | --- | --- |
/// | `redirect_uri` is the issuer and the path of a page that may ask | goes on |
/// | another `redirect_uri`, or none | a page |
/// | anything besides `client_id`, `redirect_uri`, `max_age`, `ui_locales` | a page: our pages never send it |
///
/// Nothing that fails here is sent anywhere, and what succeeds ends at that page: no code, no `state`, no parameter.
enum OwnPageCheck {
    private static let known = ["client_id", "redirect_uri", "max_age", "ui_locales"]

    static func request(
        _ sent: AuthorizationParameters, pages: [String], issuer: String
    ) throws(AuthorizationFailure) -> AuthorizationRequest {
        guard sent.fields.allSatisfy({ known.containsBytes(of: $0.name) }) else { throw .page(.malformed) }
        guard let uri = sent["redirect_uri"] else { throw .page(.noRedirectURI) }
        guard let path = pages.first(where: { uri.equalsBytes(of: issuer + $0) }) else {
            throw .page(.unknownRedirectURI)
        }
        var request = AuthorizationRequest(ownPage: path, at: uri)
        do {
            request.maximumAge = try MaximumAgeCheck.read(sent)
        } catch {
            throw .page(.malformed)
        }
        request.uiLocales = HintChecks.uiLocales(sent)
        return request
    }
}
