import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `GET /callback`, reached as `/latchkey/callback` of the application's host: turns the one-time code of the login page
/// into a session of this host. Nothing is looked at unless this browser began the sign-in itself.
struct CallbackEndpoint: Sendable {
    private let services: Services
    private let cookie: SessionCookie

    init(services: Services, cookie: SessionCookie) {
        self.services = services
        self.cookie = cookie
    }

    var route: Route {
        Route(
            .get, "/callback", errors: .problem, access: .anyone, operation: "completeSignIn", query: .tolerant,
            handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = request.parameters
        let state = try query.required("state")
        let text = try query.required("code")
        guard query["iss"]?.equalsBytes(of: services.settings.issuer) ?? true else {
            throw Refusal(.invalidRequest, "The answer is of another issuer.")
        }
        guard let sealed = cookie.ticket(in: request.headers),
            let ticket = StartTicket(sealed, keys: services.masterKeyRing, now: services.clock.now()),
            ticket.hasState(state)
        else {
            throw Refusal(
                .csrfRejected, "This sign-in was not begun in this browser, or too long ago: start it again.")
        }
        // Good for one try, whatever becomes of it.
        context.browser.setCookie(cookie.clearingStart)
        guard let code = LoginCodeString(text) else {
            throw Refusal(.invalidRequest, "The parameter code is not a code of this server.")
        }
        let start = try await services.sessions.redeem(
            code, ticket: ticket, network: context.network, replacing: cookie.token(in: request.headers))
        context.browser.setCookie(cookie.line(start))
        return .seeOther(ticket.returnTo.description)
    }
}
