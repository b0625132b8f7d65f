import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `POST /oauth2/introspect` (RFC 7662): confidential clients ask about tokens that concern them. Changes nothing.
struct IntrospectionEndpoint: Sendable {
    let introspection: IntrospectionService
    let issuer: String

    var route: Route {
        Route(
            .post, PublicPath.introspect, "introspectToken", errors: .oauth, query: .tolerant,
            .client(.confidential, handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ asked: ClientForm) async throws -> Response {
        let found = try await introspection.introspect(token: try asked.form.required("token"), caller: asked.client)
        return Response(
            status: .ok, headers: .secretJSON, body: ByteBuffer(bytes: Self.encode(found, issuer: issuer)))
    }

    /// `token_use` is an addition: the caller must be able to tell a refresh token from an access token.
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
        if let reached = claims.authenticationClass { json.member("acr", reached) }
        if !claims.authenticationMethods.isEmpty { json.member("amr", claims.authenticationMethods) }
        if !claims.roles.isEmpty { json.member("roles", claims.roles) }
    }
}
