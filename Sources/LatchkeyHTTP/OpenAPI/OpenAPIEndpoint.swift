import HTTPTypes
import NIOCore

/// `GET /openapi.json`.
package enum OpenAPIEndpoint {
    /// The route that serves the document of `routes` and of itself: add it last. Its bytes are built once, here.
    package static func route(describing routes: [Route], issuer: String) -> Route {
        let own = Route(.get, PublicPath.openAPI, "getOpenAPI", .open { _, _ in throw CancellationError() })
        let bytes = OpenAPIDocument(routes: routes + [own], issuer: issuer).encode()
        let body = ByteBuffer(bytes: bytes)
        let tag = EntityTag(ofContent: bytes)
        return Route(
            .get, own.template, own.operationID, query: .tolerant,
            .open { request, _ in
                let headers: HTTPFields = [
                    .contentType: "application/json", .eTag: tag.description, .cacheControl: "public, max-age=300",
                ]
                guard !tag.satisfies(ifNoneMatch: request.headers) else {
                    return Response(status: .notModified, headers: headers)
                }
                return Response(status: .ok, headers: headers, body: body)
            })
    }
}
