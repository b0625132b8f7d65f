import Hummingbird
package import NIOCore
package import NIOHTTP1
import Synchronization

/// A response ready for the wire.
package struct OutgoingResponse: Sendable {
    package var status: HTTPResponseStatus
    package var fields: HTTPHeaders
    package var body: [ByteBuffer]

    /// Collects a response's body. With `omitsBody` (`HEAD`) the header fields stay as they are, `Content-Length` of the
    /// body that `GET` would have included.
    init(_ response: Response, omitsBody: Bool) async throws {
        let collector = BodyCollector()
        status = HTTPResponseStatus(statusCode: response.status.code, reasonPhrase: response.status.reasonPhrase)
        if !omitsBody, response.body.contentLength != 0 { try await response.body.write(collector) }
        fields = HTTPHeaders(response.headers.map { ($0.name.rawName, $0.value) })
        body = collector.buffers
        if response.status == .noContent || response.status == .notModified {
            fields.remove(name: "Content-Length")
            body = []
        }
    }
}

/// Takes a body piece by piece. All our bodies are in memory already, so this copies nothing.
private struct BodyCollector: ResponseBodyWriter {
    /// The writer is consumed by whoever writes, so what was written lives behind a reference.
    private final class Storage: Sendable {
        let buffers = Mutex<[ByteBuffer]>([])
    }

    private let storage = Storage()

    var buffers: [ByteBuffer] { storage.buffers.withLock { $0 } }

    mutating func write(_ buffer: ByteBuffer) {
        storage.buffers.withLock { $0.append(buffer) }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) {}
}
