import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /oauth2/token` (RFC 6749 3.2). Form, client, grant list, grant: in that order.
struct TokenEndpoint: Sendable {
    /// The grants that it answers. Metadata and the API document list `Client.Grant.all`, and a test checks that
    /// against this.
    let grants: [OfferedGrant]

    init(sessions: SessionService, clientTokens: ClientTokenService, settings: Settings) {
        grants = [
            AuthorizationCodeGrant(sessions: sessions, settings: settings).offered,
            RefreshTokenGrant(sessions: sessions, settings: settings).offered,
            ClientCredentialsGrant(clientTokens: clientTokens, settings: settings).offered,
        ]
    }

    var route: Route {
        let rule = ClientForm.Rule(.all, repeatable: OfferedGrant.repeatable) { [grants] form throws(Refusal) in
            // A request with a bad form and no client is refused for the form. If it names a client, the client's page
            // can read that refusal.
            try grants.asked(by: form).check(form)
        }
        return Route(
            .post, PublicPath.token, "requestToken", errors: .oauth, query: .tolerant, .client(rule, handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ sent: ClientForm) async throws -> Response {
        .tokens(try await grants.asked(by: sent.form).answer(sent.form, sent.client, context.network))
    }
}
