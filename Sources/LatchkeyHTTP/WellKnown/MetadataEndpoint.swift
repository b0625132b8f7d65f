import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /.well-known/oauth-authorization-server` (RFC 8414): what this server offers, built once. It advertises only
/// what exists.
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
        }
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard !tag.satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: fields, isCurrent: { true })
        }
        return Response(status: .ok, headers: fields, body: body, isCurrent: { true })
    }
}

/// The authorization server metadata document (RFC 8414 2) and its location.
package struct AuthorizationServerMetadata: Sendable, Equatable {
    package let issuer: String
    /// The grants of the token endpoint.
    package let grants: [Client.Grant]
    /// Whether there are event endpoints, and therefore their scope.
    package let sendsEvents: Bool
    /// Whether it contains `status_list_aggregation_endpoint` (Token Status List, section 9.1).
    package let offersStatusLists: Bool

    package init(
        issuer: String, grants: [Client.Grant] = Client.Grant.all, sendsEvents: Bool = false,
        offersStatusLists: Bool = false
    ) {
        self.issuer = issuer
        self.grants = grants
        self.sendsEvents = sendsEvents
        self.offersStatusLists = offersStatusLists
    }

    /// The paths at which the document answers: the plain one, and for an issuer with a path also the one that RFC 8414
    /// 3.1 builds by inserting the well-known part between host and path. A proxy that maps the issuer's path to this
    /// server passes either.
    package var paths: [String] { WellKnownPaths.paths(PublicPath.metadata, issuer: issuer) }

    /// The document as JSON.
    package func encode() -> [UInt8] {
        let methods = ["client_secret_basic", "client_secret_post", "none"]
        return JSONWriter.object(reserving: 1024) { json in
            json.member("issuer", issuer)
            json.member("token_endpoint", issuer + PublicPath.token)
            json.member("jwks_uri", issuer + PublicPath.keySet)
            json.member("scopes_supported", scopes)
            // RFC 8414 requires it, but there is no authorization endpoint yet: none.
            json.member("response_types_supported", [])
            json.member("grant_types_supported", grants.map(\.name))
            json.member("token_endpoint_auth_methods_supported", methods)
            json.member("revocation_endpoint", issuer + PublicPath.revoke)
            json.member("revocation_endpoint_auth_methods_supported", methods)
            json.member("introspection_endpoint", issuer + PublicPath.introspect)
            json.member("introspection_endpoint_auth_methods_supported", Array(methods.dropLast()))
            // Ours, not registered: Divergences.md of LatchkeyCore.
            json.member("revocation_list_uri", issuer + PublicPath.revocations)
            if offersStatusLists {
                json.member("status_list_aggregation_endpoint", issuer + StatusLists.path)
            }
        }
    }

    /// Without the scopes of OpenID Connect. They can be requested, but there is no ID token for them yet.
    private var scopes: [String] {
        let promised: Set<String> = ["openid", "profile", "email"]
        return Client.defaultScope.tokens.filter { !promised.contains($0) } + [Scope.latchkeyAdmin]
            + (sendsEvents ? [Scope.latchkeyEvents] : [])
    }
}
