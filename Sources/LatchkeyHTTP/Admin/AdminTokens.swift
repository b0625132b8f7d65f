import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/tokens`: an access token for a user without a sign-in, for tests and scripts. Audited.
struct AdminTokens: Sendable {
    let users: UserService
    let directory: ClientDirectory
    let clientTokens: ClientTokenService
    /// For tokens of clients without a lifetime of their own.
    let lifetime: Duration

    var routes: [Route] {
        [Route(.post, AdminPath.tokens, "mintToken", .admin(.changes, mint))]
    }

    private func mint(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try TokenMint.read(from: request)
        let user = try await users.find(body.user)
        guard let id = ClientID(body.clientID), let client = try await directory.client(id) else {
            throw Refusal(.notFound, "There is no client with this id.")
        }
        let reply = try await clientTokens.mint(
            subject: user, client: client, scope: try scope(body.scope, of: client), audience: body.audience,
            lifetime: body.expiresIn.map { .seconds($0) } ?? client.accessLifetime
                ?? lifetime,
            actor: actor)
        return try .resource(
            TokenMinted(
                accessToken: SecretText(String(decoding: reply.accessToken, as: UTF8.self)),
                expiresIn: reply.expiresIn, scope: reply.scope.description),
            status: .created)
    }

    /// The requested scope, or the client's scope without that of our own API.
    private func scope(_ text: String?, of client: Client) throws(Refusal) -> Scope {
        guard let text else {
            return client.allowedScope.filter { !$0.hasPrefix(Scope.latchkeyPrefix) }
        }
        guard let scope = Scope(text) else { throw Refusal(.invalidScope, "The member scope is not a list of scopes.") }
        return scope
    }
}
