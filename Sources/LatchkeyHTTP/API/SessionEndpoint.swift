import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `GET /api/v1/session`: the backend of a classic web application forwards the browser's `Cookie` header and learns
/// who is signed in. The row is read each time, so a revoked session is refused at once.
struct SessionEndpoint: Sendable {
    var route: Route { Route(.get, PublicPath.session, "getBrowserSession", .session(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ session: ServerSession
    ) async throws -> Response {
        guard request.parameters["client_id"]?.equalsBytes(of: session.record.client.id.description) ?? true else {
            throw SessionGate.noSession
        }
        return .session(session)
    }
}
