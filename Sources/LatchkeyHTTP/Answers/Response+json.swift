import Foundation
import HTTPTypes
import NIOCore

extension Response {
    /// A resource as JSON; members sorted, so that equal values are equal bytes.
    static func resource(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return json(Array(try encoder.encode(value)), status: status)
    }

    /// Bytes that are already JSON.
    static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: jsonFields, body: ByteBuffer(bytes: bytes))
    }

    private static let jsonFields: HTTPFields = [.contentType: "application/json"]

    /// Done, without content.
    static var noContent: Response { Response(status: .noContent) }

    /// Redirects the browser to a GET.
    package static func seeOther(_ location: String) -> Response {
        Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
    }
}
