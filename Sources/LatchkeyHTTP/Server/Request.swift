package import HTTPTypes
package import NIOCore

/// A request as handlers see it: read completely, within the transport's limits, with a checked target.
package struct Request: Sendable {
    package let method: HTTPRequest.Method
    /// The text after the target's first question mark; nil when there is none.
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

/// A handler's response. `Content-Length` is added later, with the headers that every response has.
package struct Response: Sendable {
    package var status: HTTPResponse.Status
    package var headers: HTTPFields
    package var body: ByteBuffer
    /// Present when every client that sends the same bytes, from anywhere, may get this same response for as long as it
    /// returns true. Called on event loops for each such request: it must be quick and must not wait.
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
