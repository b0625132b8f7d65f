import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /.well-known/oauth-authorization-server` (RFC 8414) and `GET /.well-known/openid-configuration` (OpenID Connect
/// Discovery 1.0): what this server offers, built once. It advertises only what exists.
struct MetadataEndpoint: Sendable {
    private let paths: [String]
    private let body: ByteBuffer
    private let fields: HTTPFields
    private let tag: EntityTag

    init(settings: Settings) {
        let document = AuthorizationServerMetadata(
            issuer: settings.issuer, sendsEvents: settings.sharedSignals.enabled,
            offersStatusLists: settings.statusList.enabled)
        let bytes = document.encode()
        paths = document.paths
        body = ByteBuffer(bytes: bytes)
        tag = EntityTag(ofContent: bytes)
        fields = [
            .contentType: "application/json", .eTag: tag.description,
            .cacheControl: "public, max-age=\(settings.jwksMaxAge.components.seconds)",
        ]
    }

    var routes: [Route] {
        paths.enumerated().map { index, path in
            Route(
                .get, path, index == 0 ? "getMetadata" : "getMetadataOfPathIssuer", query: .tolerant, .open(handle))
        } + [
            Route(
                .get, PublicPath.openIDConfiguration, "getOpenIDConfiguration", query: .tolerant, .open(handle))
        ]
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard !tag.satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: fields, isCurrent: { true })
        }
        return Response(status: .ok, headers: fields, body: body, isCurrent: { true })
    }
}
