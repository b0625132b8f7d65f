import HTTPTypes
import LatchkeyCore

/// `POST /api/v1/me/delete`: users delete their own account, with the password. A POST, since proxies and libraries
/// lose the body of a DELETE.
struct OwnAccountEndpoint: Sendable {
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
            .post, "/api/v1/me/delete", errors: .problem, access: .account, operation: "deleteOwnAccount",
            handler: delete)
    }

    private func delete(_ request: Request, _ context: RequestContext) async throws -> Response {
        let caller = try await gate.account(request, context)
        let body = try JSONBody(request)
        try body.members(only: ["current_password"])
        try await services.sessions.deleteAccount(
            session: caller, current: Password(try body.requiredString("current_password")), network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil)
        cookie.forget(caller.session.id, of: caller.client.id, request, context)
        return .noContent
    }
}
