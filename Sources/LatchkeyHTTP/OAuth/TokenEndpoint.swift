import Hummingbird
import LatchkeyCore

/// `POST /oauth2/token` (RFC 6749 3.2). Form, client, grant list, grant: in that order.
struct TokenEndpoint: Sendable {
    private let gate: ClientGate
    private let refreshToken: RefreshTokenGrant
    private let clientCredentials: ClientCredentialsGrant

    init(services: Services) {
        gate = ClientGate(services)
        refreshToken = RefreshTokenGrant(services: services)
        clientCredentials = ClientCredentialsGrant(services: services)
    }

    var route: Route {
        Route(.post, "/oauth2/token", errors: .oauth, access: .clients, operation: "requestToken", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let form = try await OAuthForm.read(request, repeatable: TokenRequest.repeatable)
        let presented = try ClientAuthentication(request.headers, form: form)
        // Who sends nonsense and no name is told about the nonsense; who names a client is told so that its page can
        // read it.
        if presented == nil { _ = try TokenRequest(form) }
        let client = try await gate.authenticate(presented, context)
        let tokenRequest = try TokenRequest(form)
        guard client.grants.contains(tokenRequest.grant) else {
            throw Refusal(.unauthorizedClient, "This client may not use this grant type.")
        }
        return .tokens(try await answer(tokenRequest, client, context))
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
