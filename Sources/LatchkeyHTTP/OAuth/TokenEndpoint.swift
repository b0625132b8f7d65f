import HTTPTypes
import LatchkeyCore

/// `POST /oauth2/token` (RFC 6749 3.2). Form, client, grant list, grant: in that order.
struct TokenEndpoint: Sendable {
    let refreshToken: RefreshTokenGrant
    let clientCredentials: ClientCredentialsGrant

    var route: Route {
        let rule = ClientForm.Rule(.all, repeatable: TokenRequest.repeatable) { form throws(Refusal) in
            _ = try TokenRequest(form)
        }
        return Route(
            .post, PublicPath.token, "requestToken", errors: .oauth, query: .tolerant, .client(rule, handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ asked: ClientForm) async throws -> Response {
        let tokenRequest = try TokenRequest(asked.form)
        guard asked.client.grants.contains(tokenRequest.grant) else {
            throw Refusal(.unauthorizedClient, "This client may not use this grant type.")
        }
        return .tokens(try await answer(tokenRequest, asked.client, context))
    }

    private func answer(
        _ request: TokenRequest, _ client: Client, _ context: RequestContext
    ) async throws -> TokenReply {
        switch request {
        case .refreshToken(let token, let scope, let resources):
            try await refreshToken.answer(
                token: token, scope: scope, resources: resources, client: client, context: context)
        case .clientCredentials(let scope, let resources):
            try await clientCredentials.answer(scope: scope, resources: resources, client: client)
        }
    }
}
