import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `POST /oauth2/introspect` (RFC 7662): confidential clients ask about tokens that concern them. Changes nothing.
struct IntrospectionEndpoint: Sendable {
    private let services: Services
    private let gate: ClientGate

    init(services: Services) {
        self.services = services
        gate = ClientGate(services)
    }

    var route: Route {
        Route(
            .post, "/oauth2/introspect", errors: .oauth, access: .clients, operation: "introspectToken",
            query: .tolerant, handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let form = try OAuthForm.read(request)
        let presented = try ClientAuthentication(request.headers, form: form)
        let client = try await gate.authenticateConfidential(presented, context)
        let found = try await services.introspection.introspect(token: try form.required("token"), caller: client)
        return Response(
            status: .ok, headers: .secretJSON,
            body: ByteBuffer(bytes: Self.encode(found, issuer: services.settings.issuer)))
    }

    /// `token_use` is an addition: whoever asks must be able to tell a refresh token from an access token.
    private static func encode(_ found: Introspection, issuer: String) -> [UInt8] {
        switch found {
        case .inactive:
            JSONWriter.object { $0.member("active", false) }
        case .accessToken(let claims):
            JSONWriter.object(reserving: 640) { json in write(claims, to: &json) }
        case .refreshToken(let record, let expiresAt):
            JSONWriter.object(reserving: 512) { json in
                json.member("active", true)
                json.member("token_use", "refresh_token")
                json.member("iss", issuer)
                json.member("sub", record.session.user.description)
                json.member("client_id", record.session.client.description)
                json.member("scope", record.session.scope)
                json.member("sid", record.session.id.description)
                json.member("iat", record.session.lineage.rotatedAt.seconds)
                json.member("exp", expiresAt.seconds)
            }
        }
    }

    private static func write(_ claims: AccessTokenClaims, to json: inout JSONWriter) {
        json.member("active", true)
        json.member("token_use", "access_token")
        json.member("token_type", "Bearer")
        json.member("iss", claims.issuer)
        json.member("sub", claims.subject)
        json.member("aud", claims.audience)
        json.member("client_id", claims.clientID.description)
        json.member("scope", claims.scope)
        json.member("iat", claims.issuedAt.seconds)
        json.member("exp", claims.expiresAt.seconds)
        json.member("jti", claims.tokenID.description)
        if let session = claims.sessionID { json.member("sid", session) }
        if let instant = claims.authenticatedAt { json.member("auth_time", instant.seconds) }
        if !claims.authenticationMethods.isEmpty { json.member("amr", claims.authenticationMethods) }
        if !claims.roles.isEmpty { json.member("roles", claims.roles) }
    }
}
