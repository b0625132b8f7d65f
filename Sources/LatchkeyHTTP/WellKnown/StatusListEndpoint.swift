import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET /statuslists/{n}` and `GET /statuslists`: Token Status Lists and their URIs (Token Status List, sections 8 and
/// 9). From memory. Open to the readers of the revocation list: the one list must not reveal what the other keeps from
/// strangers, namely how much is revoked and when. The content is already compressed, and not compressed again for
/// transport.
///
/// A list is sent as a JWT whatever `Accept` says: there is no other form, and its content type names it.
struct StatusListEndpoint: Sendable {
    static let templates: Set<String> = [StatusLists.path, StatusLists.path + "/{n}"]

    private let lists: StatusLists
    private let fields: HTTPFields

    /// - Parameter isPublic: whether anyone may read them.
    init(lists: StatusLists, isPublic: Bool) {
        self.lists = lists
        // One second, which is never more than the list's ttl: a reader's own ttl starts when it fetches the list, so
        // any time in a cache in between delays revocation.
        var fields: HTTPFields = [
            .cacheControl: "\(isPublic ? "public" : "private"), max-age=1"
        ]
        if !isPublic { fields[.vary] = "Authorization" }
        self.fields = fields
    }

    var routes: [Route] {
        [
            Route(.get, StatusLists.path, "getStatusLists", .listReader(aggregation)),
            Route(.get, StatusLists.path + "/{n}", "getStatusList", .listReader(list)),
        ]
    }

    private func aggregation(
        _ request: Request, _ context: RequestContext, _ reader: ClientID?
    ) async throws -> Response {
        let uris = await lists.uris()
        let body = JSONWriter.object { $0.member("status_lists", uris) }
        var fields = fields
        fields[.contentType] = "application/json"
        return Response(status: .ok, headers: fields, body: ByteBuffer(bytes: body))
    }

    private func list(_ request: Request, _ context: RequestContext, _ reader: ClientID?) async throws -> Response {
        guard request.parameters["time"] == nil else {
            throw Refusal(.notImplemented, "Past status lists are not kept: ask without time.")
        }
        let number = Self.number(try context.pathParameter("n"))
        guard let number, let list = try await lists.list(number) else {
            throw Refusal(.notFound, "There is no such status list, or all of its tokens have expired.")
        }
        var fields = fields
        fields[.eTag] = list.etag
        guard !EntityTag(header: list.etag).satisfies(ifNoneMatch: request.headers) else {
            return Response(status: .notModified, headers: fields)
        }
        fields[.contentType] = "application/statuslist+jwt"
        return Response(status: .ok, headers: fields, body: ByteBuffer(bytes: list.text))
    }

    /// Digits without a leading zero: a list has one URI.
    private static func number(_ text: String) -> Int64? {
        guard text.utf8.count <= 18, text.utf8.first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(text)
    }
}
