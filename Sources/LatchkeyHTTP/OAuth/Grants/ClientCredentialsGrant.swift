import LatchkeyCore
import LatchkeyTokens

/// `grant_type=client_credentials` (RFC 6749 4.4): a token for the client itself, without session and refresh token.
struct ClientCredentialsGrant: Sendable {
    let clientTokens: ClientTokenService
    let settings: Settings

    var offered: OfferedGrant {
        OfferedGrant(.clientCredentials, read: Request.init) { request, client, _ in
            try await answer(request, client: client)
        }
    }

    /// The content of a form.
    struct Request: Sendable, Equatable {
        let scope: Scope?
        let resources: [String]

        init(_ form: RequestParameters) throws(Refusal) {
            scope = try Scope(parameter: form["scope"])
            resources = form.all("resource")
        }
    }

    /// - Throws: `Refusal` `unauthorized_client` for a public client, `invalid_scope`, `invalid_target`.
    private func answer(_ request: Request, client: Client) async throws -> TokenReply {
        if !request.resources.isEmpty {
            let held = try client.grantedScope(requested: request.scope, user: nil)
            let grant = try client.tokenGrant(held: held, user: nil, settings: settings)
            try ResourceIndicator.check(request.resources, within: grant.audience)
        }
        return try await clientTokens.issue(client: client, scope: request.scope)
    }
}
