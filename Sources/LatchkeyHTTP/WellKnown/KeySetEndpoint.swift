import HTTPTypes
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
        let etag: String
        let tag: EntityTag
    }

    private let keyRing: KeyRing
    private let cacheControl: String
    private let built = Mutex<Built?>(nil)

    /// - Parameter maxAge: how long caches and clients may keep the response.
    init(keyRing: KeyRing, maxAge: Duration) {
        self.keyRing = keyRing
        let age = maxAge.components.seconds
        // A verifier that cannot reach us for a while is better off with old keys than with none; the announcement
        // period covers all three times.
        cacheControl = "public, max-age=\(age), stale-while-revalidate=\(age), stale-if-error=3600"
    }

    var route: Route {
        Route(.get, PublicPath.keySet, "getKeySet", query: .tolerant, .open(handle))
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let built = current()
        let isCurrent: @Sendable () -> Bool = { [keyRing] in
            let ring = keyRing.current
            return ring.version == built.version && ring.etag == built.etag
        }
        guard !built.tag.satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: built.fields, isCurrent: isCurrent)
        }
        return Response(status: .ok, headers: built.fields, body: built.body, isCurrent: isCurrent)
    }

    private func current() -> Built {
        let ring = keyRing.current
        return built.withLock { built in
            if let built, built.version == ring.version, built.etag == ring.etag { return built }
            let fresh = Built(
                version: ring.version, body: ByteBuffer(bytes: ring.jwks),
                fields: [
                    .contentType: "application/jwk-set+json", .cacheControl: cacheControl, .eTag: ring.etag,
                ],
                etag: ring.etag, tag: EntityTag(header: ring.etag))
            built = fresh
            return fresh
        }
    }
}

extension EntityTag {
    /// Reads the text of a tag that we wrote ourselves, including `W/` and quotes.
    init(header text: String) {
        let isWeak = text.hasPrefix("W/")
        self.init(String(text.dropFirst(isWeak ? 3 : 1).dropLast()), isWeak: isWeak)
    }
}
