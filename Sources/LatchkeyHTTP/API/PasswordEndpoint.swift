import HTTPTypes
import LatchkeyCore

/// `POST /api/v1/password`: the user sets another password. All sessions end; the caller goes on in a new one, on the
/// transport of the old.
struct PasswordEndpoint: Sendable {
    private let services: Services
    private let gate: BearerGate
    private let cookie: RefreshCookie

    init(services: Services, cookie: RefreshCookie) {
        self.services = services
        self.cookie = cookie
        gate = BearerGate(services)
    }

    var route: Route {
        Route(
            .post, "/api/v1/password", errors: .problem, access: .account, operation: "changePassword", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        if caller.session.transport == .cookie {
            // The answer sets a cookie, so the page that asks must be one of this client's, as at login.
            try CSRFCheck.pass(request.headers, origins: caller.client.origins)
        }
        let body = try JSONBody(request)
        let reply = try await services.sessions.changePassword(
            session: caller, current: Password(try body.requiredString("current_password")),
            new: Password(try body.requiredString("new_password")), network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil)
        cookie.send(reply, for: caller.client, context)
        return .tokens(reply)
    }
}
