import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `GET /callback`, reached as `/latchkey/callback` of the application's host: turns the one-time code of the login
/// page into a session of this host. Nothing is examined unless this browser began the sign-in itself.
struct CallbackEndpoint: Sendable {
    let sessions: SessionService
    let cookie: SessionCookie

    var route: Route {
        Route(.get, PublicPath.callback, "completeSignIn", query: .tolerant, answersHead: false, .begunSignIn(handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ begun: BegunSignIn) async throws -> Response {
        // Valid for one attempt, whatever its outcome.
        context.browser.setCookie(cookie.clearingStart)
        guard let code = AuthorizationCodeString(begun.code) else {
            throw Refusal(.invalidRequest, "The parameter code is not a code of this server.")
        }
        let start = try await sessions.redeem(
            code, ticket: begun.ticket, network: context.network, replacing: cookie.token(in: request.headers))
        context.browser.setCookie(cookie.line(start))
        return .seeOther(begun.ticket.returnTo.description)
    }
}
