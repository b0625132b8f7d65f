import HTTPTypes
import Hummingbird
import LatchkeyCore
import NIOCore
import Synchronization

/// `GET /.well-known/jwks.json` (RFC 7517): the public keys, from memory and prebuilt for each version of the key ring.
/// Needs no database.
final class KeySetEndpoint: Sendable {
    private struct Built {
        let version: Int64
        let body: ByteBuffer
        let fields: HTTPFields
        let tag: EntityTag
    }

    private let keyRing: KeyRing
    private let cacheControl: String
    private let built = Mutex<Built?>(nil)

    init(services: Services) {
        keyRing = services.keyRing
        let age = services.settings.jwksMaxAge.components.seconds
        // A verifier that cannot reach us for a while is better off with old keys than with none; the announcement
        // period covers all three spans.
        cacheControl = "public, max-age=\(age), stale-while-revalidate=\(age), stale-if-error=3600"
    }

    var route: Route {
        Route(
            .get, "/.well-known/jwks.json", errors: .problem, access: .anyone, operation: "getKeySet", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let built = current()
        guard !built.tag.satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: built.fields)
        }
        return Response(status: .ok, headers: built.fields, body: ResponseBody(byteBuffer: built.body))
    }

    private func current() -> Built {
        let ring = keyRing.current
        return built.withLock { built in
            if let built, built.version == ring.version, built.tag.description == ring.etag { return built }
            let fresh = Built(
                version: ring.version, body: ByteBuffer(bytes: ring.jwks),
                fields: [
                    .contentType: "application/jwk-set+json", .cacheControl: cacheControl, .eTag: ring.etag,
                ],
                tag: EntityTag(header: ring.etag))
            built = fresh
            return fresh
        }
    }
}

extension EntityTag {
    /// Reads the text of a tag that we wrote ourselves, `W/` and quotes included.
    init(header text: String) {
        let isWeak = text.hasPrefix("W/")
        self.init(String(text.dropFirst(isWeak ? 3 : 1).dropLast()), isWeak: isWeak)
    }
}
