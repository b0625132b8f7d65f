import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `GET /api/v1/me`: what any live token of ours is about, to whoever holds it.
struct MeEndpoint: Sendable {
    private let services: Services
    private let gate: BearerGate

    init(services: Services) {
        self.services = services
        gate = BearerGate(services)
    }

    var route: Route {
        Route(.get, "/api/v1/me", errors: .problem, access: .bearer, operation: "getMe", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let token = try await gate.verify(request, context)
        // The index cannot know a session that ended without an entry, so its row is read as well.
        let record = token.claims.sessionID == nil ? nil : try await services.bearer.session(of: token)
        return .json(Self.encode(token.claims, record))
    }

    private static func encode(_ claims: AccessTokenClaims, _ record: SessionRecord?) -> [UInt8] {
        JSONWriter.object { json in
            json.member("sub", claims.subject)
            json.member("client_id", claims.clientID.description)
            json.member("scope", claims.scope.description)
            if let record {
                json.member("sid", record.session.id.description)
                json.member("user_name", record.user.name)
            }
            // As they are now, not as they were when the token was signed.
            let roles = record?.user.roles ?? claims.roles
            json.member("roles", roles)
            json.member("exp", claims.expiresAt.seconds)
        }
    }
}
