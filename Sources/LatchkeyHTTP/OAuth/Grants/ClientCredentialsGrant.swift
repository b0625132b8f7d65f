import LatchkeyCore
import LatchkeyTokens

/// `grant_type=client_credentials` (RFC 6749 4.4): a token for the client itself, without session and refresh token.
struct ClientCredentialsGrant: Sendable {
    let clientTokens: ClientTokenService
    let settings: Settings

    /// - Throws: `Refusal` `unauthorized_client` for a public client, `invalid_scope`, `invalid_target`.
    func answer(scope: Scope?, resources: [String], client: Client) async throws -> TokenReply {
        if !resources.isEmpty {
            let held = try client.grantedScope(requested: scope, user: nil)
            let grant = try client.tokenGrant(held: held, user: nil, settings: settings)
            try ResourceIndicator.check(resources, within: grant.audience)
        }
        return try await clientTokens.issue(client: client, scope: scope)
    }
}
