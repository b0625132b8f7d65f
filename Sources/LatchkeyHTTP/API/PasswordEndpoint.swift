import HTTPTypes
import LatchkeyCore

/// `POST /api/v1/password`: the user sets another password. All sessions end; the caller continues in a new one, on the
/// transport of the old one.
struct PasswordEndpoint: Sendable {
    let sessions: SessionService
    let cookies: PageCookies

    var route: Route { Route(.post, PublicPath.password, "changePassword", .account(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ caller: SessionRecord
    ) async throws -> Response {
        // The response then sets a cookie, so the page that asks must be one of this client's, as at login.
        let page = caller.session.transport == .cookie ? try ClientPage(request, of: caller.client) : nil
        let body = try JSONBody(request)
        let reply = try await sessions.changePassword(
            session: caller, current: Password(try body.requiredString("current_password")),
            new: Password(try body.requiredString("new_password")), network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil)
        cookies.send(reply, to: page, context)
        return .tokens(reply)
    }
}
