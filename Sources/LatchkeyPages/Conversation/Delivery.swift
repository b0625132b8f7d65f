import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// How an answer travels to the client.
///
/// | mode | after | |
/// | --- | --- | --- |
/// | `query` | a link, and the address is short | 303 |
/// | `query` | a link, and the address is long: proxies refuse heads of more than 4 KB | a page that goes on by itself |
/// | `query` | a form | the same page: browsers apply `form-action` to every redirect after a form |
/// | `query`, private scheme | a form | a page with a link: browsers open an application only after a click |
/// | `form_post` | either | a page that posts the fields |
struct Delivery: Sendable {
    /// In bytes.
    private static let longestLocation = 2048
    /// In bytes: a request head has room for 8 KiB, and escapes can triple a text.
    private static let longestQuery = 6144

    let pages: PageServices

    func response(
        _ answer: AuthorizationAnswer, to client: ShownClient, afterForm: Bool, _ setting: PageSetting
    ) -> Response {
        switch answer.mode {
        case .formPost:
            guard let target = Link(redirect: answer.redirectURI) else { preconditionFailure("a registered URI") }
            return page(.formPost(target, answer.parameters.map { HiddenField($0.name, $0.value) }), client, setting)
        case .query:
            return response(location: answer.location, to: client, afterForm: afterForm, setting)
        }
    }

    /// From a client's form to a page of ours with the same parameters: the same rule for long addresses.
    func onward(
        to page: String, _ sent: AuthorizationParameters, _ setting: PageSetting
    ) throws(AuthorizationFailure) -> Response {
        guard sent.query.utf8.count <= Self.longestQuery else { throw .page(.tooLarge) }
        let link = Link(page: page, query: sent.query)
        if link.text.utf8.count < Self.longestLocation { return .seeOther(link.text) }
        let here = RedirectHost.text(pages.settings.issuer) ?? ""
        return pages.renderer.response(ContinuePage(clientName: here, way: .refresh(link)), setting, status: .ok)
    }

    /// Sends the browser to an address that was verified.
    func response(location: String, to client: ShownClient, afterForm: Bool, _ setting: PageSetting) -> Response {
        if !afterForm, location.utf8.count < Self.longestLocation { return .seeOther(location) }
        guard let link = Link(redirect: location) else { preconditionFailure("a registered URI") }
        return page(link.isAppScheme && afterForm ? .app(link) : .refresh(link), client, setting)
    }

    private func page(_ way: ContinuePage.Way, _ client: ShownClient, _ setting: PageSetting) -> Response {
        pages.renderer.response(ContinuePage(clientName: client.name, way: way), setting, status: .ok)
    }
}

extension ShownClient {
    init(_ request: AuthorizationRequest) {
        self.init(request.client, redirectURI: request.redirectURI)
    }

    init(_ client: Client, redirectURI: String?) {
        self.init(
            name: client.name ?? client.id.description, host: redirectURI.flatMap { RedirectHost.text($0) },
            isFirstParty: client.firstParty || client.consent == .never,
            home: client.clientURI.flatMap { Link(web: $0) })
    }
}

extension SignInRefusal {
    /// As the client is told.
    var error: AuthorizationError {
        switch self {
        case .accessDenied: AuthorizationError(.accessDenied, "The user did not allow it.")
        case .unauthorizedClient: AuthorizationError(.unauthorizedClient, "The client may not do this any more.")
        case .interactionRequired: AuthorizationError(.interactionRequired, "The user must click.")
        case .loginRequired: AuthorizationError(.loginRequired, "The user must sign in.")
        case .consentRequired: AuthorizationError(.consentRequired, "The user must allow it.")
        case .unmetAuthenticationRequirements:
            AuthorizationError(
                .unmetAuthenticationRequirements, "None of the acr_values can be reached.")
        }
    }
}
