package import HTTPTypes
package import NIOCore

/// A request as handlers see it: read whole and within the transport's limits, its target judged.
package struct Request: Sendable {
    package let method: HTTPRequest.Method
    /// What follows the target's first question mark; nil when there is none.
    package let query: String?
    package let headers: HTTPFields
    package let body: ByteBuffer
    /// The query, read by the route's rule.
    package internal(set) var parameters = RequestParameters()

    package init(method: HTTPRequest.Method, query: String?, headers: HTTPFields, body: ByteBuffer) {
        self.method = method
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// What a handler answers. `Content-Length` is added on the way out, with the headers that every answer has.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: ByteBuffer
    /// Present when whoever sends the same bytes, from wherever, is to get this very answer for as long as it says true.
    /// Asked on event loops for each such request: quick, and without waiting.
    package var isCurrent: (@Sendable () -> Bool)?

    package init(
        status: HTTPResponse.Status, headers: HTTPFields = HTTPFields(), body: ByteBuffer = ByteBuffer(),
        isCurrent: (@Sendable () -> Bool)? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCurrent = isCurrent
    }
}
