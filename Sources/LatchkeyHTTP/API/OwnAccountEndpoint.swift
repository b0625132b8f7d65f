import HTTPTypes
import LatchkeyCore

/// `POST /api/v1/me/delete`: users delete their own account, with the password. A POST, because proxies and libraries
/// drop the body of a DELETE.
struct OwnAccountEndpoint: Sendable {
    let sessions: SessionService
    let cookies: PageCookies

    var route: Route { Route(.post, PublicPath.deleteMe, "deleteOwnAccount", .account(delete)) }

    private func delete(
        _ request: Request, _ context: RequestContext, _ caller: SessionRecord
    ) async throws -> Response {
        let body = try JSONBody(request)
        try body.members(only: ["current_password"])
        try await sessions.deleteAccount(
            session: caller, current: Password(try body.requiredString("current_password")), network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil)
        cookies.forget(caller.session.id, of: caller.client.id, request, context)
        return .noContent
    }
}
