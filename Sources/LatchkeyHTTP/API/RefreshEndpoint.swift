import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/refresh`: the next access token, by the cookie or by a refresh token in the body.
struct RefreshEndpoint: Sendable {
    let sessions: SessionService
    let cookies: PageCookies

    var route: Route { Route(.post, PublicPath.refresh, "refresh", .application(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ application: ApplicationRequest
    ) async throws -> Response {
        let (client, body) = (application.client, application.body)
        let scope = try Scope(parameter: body.text("scope"))
        if let token = try body.text("refresh_token") {
            return .tokens(
                try await sessions.refresh(
                    RefreshRequest(
                        token: token, client: client, scope: scope, transport: .body, network: context.network)))
        }
        // Before the cookie is looked at: a foreign page must not even learn whether there is one.
        let page = try ClientPage(request, of: client)
        guard let token = cookies.refreshToken(of: page) else {
            throw Refusal(
                .invalidGrant,
                "There is no refresh token in the body or in this client's cookie; sign in.",
                reason: .unknown)
        }
        return .tokens(try await refresh(token, page, scope, context))
    }

    /// A cookie that is refused now will always be refused, so the browser is told to forget it.
    private func refresh(
        _ token: String, _ page: ClientPage, _ scope: Scope?, _ context: RequestContext
    ) async throws -> TokenReply {
        do {
            let reply = try await sessions.refresh(
                RefreshRequest(
                    token: token, client: page.client, scope: scope, transport: .cookie, network: context.network))
            cookies.send(reply, to: page, context)
            return reply
        } catch let refusal as Refusal where refusal.code == .invalidGrant {
            cookies.clearRefreshToken(of: page, context)
            throw refusal
        }
    }
}
