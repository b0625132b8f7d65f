import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/refresh`: the next access token, by the cookie or by a refresh token in the body.
struct RefreshEndpoint: Sendable {
    private let services: Services
    private let gate: ClientGate
    private let cookie: RefreshCookie

    init(services: Services, cookie: RefreshCookie) {
        self.services = services
        self.cookie = cookie
        gate = ClientGate(services)
    }

    var route: Route {
        Route(.post, "/api/v1/refresh", errors: .problem, access: .anyone, operation: "refresh", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try JSONBody(request)
        let presented = try ClientAuthentication(request.headers, json: body)
        let client = try await gate.authenticate(presented, context)
        let scope = try Scope(parameter: body.text("scope"))
        if let token = try body.text("refresh_token") {
            return .tokens(
                try await services.sessions.refresh(
                    RefreshRequest(
                        token: token, client: client, scope: scope, transport: .body, network: context.network)))
        }
        // Before the cookie is looked at: a foreign page must not even learn whether there is one.
        try CSRFCheck.pass(request.headers, origins: client.origins)
        guard let token = cookie.token(in: request.headers, for: client.id) else {
            throw Refusal(
                .invalidGrant,
                "There is no refresh token, neither in the body nor in this client's cookie; sign in.",
                reason: .unknown)
        }
        return .tokens(try await refresh(token, client, scope, context))
    }

    /// A cookie that is refused will be refused for ever, so the browser is told to forget it.
    private func refresh(
        _ token: String, _ client: Client, _ scope: Scope?, _ context: RequestContext
    ) async throws -> TokenReply {
        do {
            let reply = try await services.sessions.refresh(
                RefreshRequest(token: token, client: client, scope: scope, transport: .cookie, network: context.network)
            )
            cookie.send(reply, for: client, context)
            return reply
        } catch let refusal as Refusal where refusal.code == .invalidGrant {
            context.browser.setCookie(cookie.clearing(for: client.id))
            throw refusal
        }
    }
}
