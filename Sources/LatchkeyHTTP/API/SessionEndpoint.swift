import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /api/v1/session`: the backend of a classic web application forwards the browser's `Cookie` header and hears who
/// is signed in. The row is read each time, so what was revoked is refused at once.
struct SessionEndpoint: Sendable {
    private let services: Services
    private let cookie: SessionCookie

    init(services: Services, cookie: SessionCookie) {
        self.services = services
        self.cookie = cookie
    }

    var route: Route {
        Route(
            .get, "/api/v1/session", errors: .problem, access: .session, operation: "getBrowserSession", handler: handle
        )
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let asked = request.parameters["client_id"]
        guard let token = cookie.token(in: request.headers),
            let session = try await services.sessions.use(sessionToken: token),
            asked?.equalsBytes(of: session.record.client.id.description) ?? true
        else {
            throw Refusal(.bearerMissing, "There is no live session in the cookie: sign in.")
        }
        return .session(session)
    }
}

extension Response {
    /// A server session, to its application.
    static func session(_ session: BrowserSession) -> Response {
        let record = session.record
        let bytes = JSONWriter.object { json in
            json.member("sid", record.session.id.description)
            json.member("sub", record.user.id.description)
            json.member("client_id", record.client.id.description)
            json.member("scope", session.scope.description)
            json.member("roles", record.user.roles)
            json.member("auth_time", record.session.createdAt.seconds)
            json.member("amr", record.session.authenticationMethods)
            json.member("expires_at", record.session.expiresAt.seconds)
            json.member("idle_expires_at", session.idleExpiresAt.seconds)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ByteBuffer(bytes: bytes))
    }

    /// Sends the browser on by GET.
    static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }
}
